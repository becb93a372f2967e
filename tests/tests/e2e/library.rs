//! The scripts that come with px, on a running agent; and scripts of one's own.

use nixie_e2e::{PORT, Row, Scene, Server, get, rows_of};
use std::fs;

const REQUESTS: usize = 20;
const MISSING: usize = 5;

/// Exit codes of px.
const USAGE: i32 = 2;
const WRONG_SCRIPT: i32 = 4;

/// Starts nginx, an agent on it, and makes requests of which some fail.
fn traced(scene: &Scene, test: impl FnOnce(&nixie_e2e::Agent<'_>)) {
    let server = Server::nginx(scene, PORT);
    let agent = scene.up(&server.scope());
    for number in 0..REQUESTS {
        let folder = if number < MISSING { "missing" } else { "found" };
        let answer = get(server.address(), &format!("/{folder}/{number}"));
        assert!(answer.body.contains(folder), "{answer:?}");
    }
    assert_eq!(agent.wait_for_requests(REQUESTS).len(), REQUESTS);
    test(&agent);
}

#[test]
fn scripts_of_the_library_run_and_tell_of_the_traffic() {
    let scene = Scene::new();
    traced(&scene, |agent| {
        let run = |line: &[&str]| {
            let mut command = agent.px(&["run"]);
            scene
                .run("run", command.args(["-o", "json"]).args(line))
                .success()
        };
        let rows = rows_of("http_data", "_tableName_", &run(&["px/http_data"]));
        http_data_is_right(&rows);
        service_stats_is_right(&run(&["px/service_stats", "--", "--start_time", "-10m"]));
        for line in [
            &["px/sql_queries"][..],
            &["px/net_flow_graph", "--", "--namespace", "default"],
            &["px/pod", "--", "--pod", "default/pod"],
            &["px/cluster"],
            &["px/perf_flamegraph"],
            &["pxbeta/pii_cluster_egress"],
        ] {
            run(line);
        }
        let top = rows_of("top", "_tableName_", &run(&["px/top"]));
        assert!(top.iter().any(|row| row.text("comm") == "nginx"), "{top:?}");
    });
}

fn http_data_is_right(rows: &[Row]) {
    assert_eq!(rows.len(), REQUESTS, "{rows:?}");
    for row in rows {
        let is_missing = row.text("req_path").starts_with("/missing/");
        assert_eq!(
            row.number("resp_status"),
            if is_missing { 404 } else { 200 },
            "{row:?}"
        );
        assert!(row.text("destination").contains("nginx"), "{row:?}");
        assert!(row.text("source").contains("127.0.0.1"), "{row:?}");
        assert!(row.text("resp_body").starts_with("answer to /"), "{row:?}");
    }
}

fn service_stats_is_right(lines: &str) {
    let windows = rows_of("LET", "_tableName_", lines);
    // Requests by nanosecond, in windows of ten seconds.
    let sum: f64 = windows
        .iter()
        .map(|row| row.float("request_throughput") * 1e10)
        .sum();
    assert!((sum - REQUESTS as f64).abs() < 1e-6, "{windows:?}");
    for row in &windows {
        assert!(
            row.number("latency_p50") <= row.number("latency_p99"),
            "{row:?}"
        );
    }
    // A widget's table is named after the widget.
    let codes = rows_of("Status Code Distribution", "_tableName_", lines);
    let count = |status: i64| {
        let row = codes.iter().find(|row| row.number("resp_status") == status);
        row.map_or(0, |row| row.number("count"))
    };
    assert_eq!(count(404), i64::try_from(MISSING).unwrap(), "{codes:?}");
    assert_eq!(
        count(200),
        i64::try_from(REQUESTS - MISSING).unwrap(),
        "{codes:?}"
    );
    let edges = rows_of("Incoming Traffic", "_tableName_", lines);
    assert!(
        edges.iter().all(|row| row.text("requestor") == "127.0.0.1"),
        "{edges:?}"
    );
    assert_eq!(edges.len(), 1, "{edges:?}");
}

/// What is said of scripts that deploy tracepoints, which cannot be done yet.
const UNDEPLOYABLE: &str = "not deployable here yet";

/// How many scripts deploy tracepoints.
const DEPLOYING_SCRIPTS: usize = 11;

/// Those that deploy tracepoints say that this cannot be done; every other script runs.
#[test]
fn every_script_of_the_library_runs() {
    let scene = Scene::new();
    traced(&scene, |agent| {
        let list = scene.run("list", &mut scene.px(&["script", "list", "-o", "json"]));
        let mut failures = String::new();
        let mut deploying_scripts = 0;
        for script in rows_of_all(&list.success()) {
            let name = script.text("name");
            let help = scene.run("help", &mut scene.px(&["run", name, "--", "--help"]));
            let mut command = agent.px(&["run"]);
            command.args([name, "-o", "json", "--"]);
            for line in help
                .success()
                .lines()
                .filter(|line| line.ends_with("  required"))
            {
                let argument = line.trim().split(' ').next().unwrap();
                command.args([argument, "default/nginx"]);
            }
            let finished = scene.run("run", &mut command);
            let text = scene.run("show", &mut scene.px(&["script", "show", name]));
            let deploys = text.success().lines().any(|line| line == "import pxtrace");
            deploying_scripts += usize::from(deploys);
            let says_why = finished.stderr.contains(UNDEPLOYABLE);
            if (finished.code() != 0, says_why) != (deploys, deploys) {
                failures += &format!("{name}: {}\n", finished.stderr);
            }
        }
        assert!(failures.is_empty(), "{failures}");
        assert_eq!(deploying_scripts, DEPLOYING_SCRIPTS);
    });
}

/// Reads JSON lines of one kind.
fn rows_of_all(lines: &str) -> Vec<Row> {
    let named = |line: &str| line.replacen('{', "{\"kind\":\"script\",", 1);
    let lines: Vec<String> = lines.lines().map(named).collect();
    rows_of("script", "kind", &lines.join("\n"))
}

#[test]
fn a_script_of_ones_own_is_started_checked_and_run() {
    let scene = Scene::new();
    let folder = scene.path("own/by_path");
    let shown = folder.display().to_string();
    let made = scene.run("new", &mut scene.px(&["script", "new", &shown]));
    assert_eq!(made.code(), 0, "{made:?}");
    let checked = scene.run("check", &mut scene.px(&["script", "check", &shown]));
    assert_eq!(checked.code(), 0, "{checked:?}");
    traced(&scene, |agent| {
        let mut command = agent.px(&["run"]);
        command.args(["-o", "json", "-f", &shown, "--", "--path", "/missing/"]);
        let lines = scene.run("run", &mut command).success();
        assert_eq!(
            rows_of("requests", "_tableName_", &lines).len(),
            MISSING,
            "{lines}"
        );
        let root = scene.path("own").display().to_string();
        let mut command = agent.px(&["run"]);
        command.args(["by_path", "--script-dir", &root, "-o", "json"]);
        let lines = scene.run("run", &mut command).success();
        assert_eq!(
            rows_of("requests", "_tableName_", &lines).len(),
            REQUESTS,
            "{lines}"
        );
    });
}

#[test]
fn wrong_scripts_and_arguments_are_told_without_an_agent() {
    let scene = Scene::new();
    let folder = scene.path("wrong");
    fs::create_dir(&folder).unwrap();
    fs::write(
        folder.join("wrong.pxl"),
        "import px\npx.display(px.DataFram('x'))\n",
    )
    .unwrap();
    let shown = folder.display().to_string();
    let table = scene.run("check", &mut scene.px(&["script", "check", &shown]));
    assert_eq!(table.code(), WRONG_SCRIPT, "{table:?}");
    assert!(
        table.stdout.contains("wrong.pxl:2:") && table.stdout.contains("^"),
        "{table:?}"
    );
    let json = scene.run(
        "check",
        &mut scene.px(&["script", "check", &shown, "-o", "json"]),
    );
    assert_eq!(json.code(), WRONG_SCRIPT, "{json:?}");
    let line: serde_json::Value = serde_json::from_str(json.stdout.trim()).unwrap();
    assert_eq!(
        (&line["line"], &line["code"]),
        (&2.into(), &"unknown-function".into())
    );

    let missing = scene.run("run", &mut scene.px(&["run", "px/pod"]));
    assert_eq!(missing.code(), USAGE, "{missing:?}");
    assert!(
        missing.stderr.contains("missing required argument `pod`"),
        "{missing:?}"
    );
    let unknown = ["run", "px/agent_status", "--", "--x", "1"];
    let unknown = scene.run("run", &mut scene.px(&unknown));
    assert_eq!(unknown.code(), USAGE, "{unknown:?}");
    assert!(
        unknown.stderr.contains("the script takes no argument `x`"),
        "{unknown:?}"
    );
    let help = scene
        .run("help", &mut scene.px(&["run", "px/pod", "--", "-h"]))
        .success();
    assert!(help.contains("--pod <POD>  required"), "{help}");
    let list = scene
        .run("list", &mut scene.px(&["script", "list"]))
        .success();
    assert!(
        list.lines().any(|line| line.starts_with("px/cluster ")),
        "{list}"
    );
    let json = scene
        .run("list", &mut scene.px(&["run", "-l", "-o", "json"]))
        .success();
    assert!(json.contains(r#""name":"px/cluster""#), "{json}");
    let refused = scene.run("list", &mut scene.px(&["run", "-l", "-o", "csv"]));
    assert_eq!(refused.code(), USAGE, "{refused:?}");
    let text = scene
        .run("show", &mut scene.px(&["script", "show", "px/host"]))
        .success();
    assert!(text.contains("import px"), "{text}");
}
