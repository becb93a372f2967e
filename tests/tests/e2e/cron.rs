//! Scheduled scripts: what arrives, when the receiver is away, and what outlives the agent.

use crate::export::Receiver;
use crate::pxapi::{OPTIONS, python};
use nixie_e2e::{
    Agent, Finished, LIMIT, PORT, Row, Scene, Server, get, rows_of, wait, wait_for, workload,
};
use std::thread::sleep;
use std::time::Duration;

/// Time between two requests, so that they are spread over several runs.
const PAUSE: Duration = Duration::from_millis(25);

/// Longer than a run of a script that runs each second is late.
const RUNS: Duration = Duration::from_secs(3);

const WRONG_SCRIPT: i32 = 4;

fn cron(scene: &Scene, agent: &Agent<'_>, arguments: &[&str]) -> Finished {
    let mut command = agent.px(&["cron"]);
    scene.run("cron", command.args(arguments))
}

/// Schedules a preset or file each second.
fn create(scene: &Scene, agent: &Agent<'_>, name: &str, script: &str, port: u64) {
    let to = format!("127.0.0.1:{port}");
    let options = ["--every", "1s", "--export-to", &to, "--export-insecure"];
    let line = [
        &["create", name, "-f", script][..],
        &options,
        &["--export-header", "api-key=k1"],
    ];
    let finished = cron(scene, agent, &line.concat());
    assert_eq!(finished.code(), 0, "{finished:?}");
    assert!(finished.stderr.contains("runs every 1s"), "{finished:?}");
}

/// Returns the runs of a script, the latest first, without one that is under way.
fn history(scene: &Scene, agent: &Agent<'_>, name: &str) -> Vec<Row> {
    let lines = cron(scene, agent, &["history", name, "-n", "1000", "-o", "json"]).success();
    let mut runs = rows_of(name, "script_name", &lines);
    runs.retain(|run| run.text("state") != "running");
    runs
}

fn send(server: &Server, count: usize) {
    for number in 0..count {
        let answer = get(server.address(), &format!("/cron/page{}", number % 3));
        assert_eq!(answer.status, 200);
        sleep(PAUSE);
    }
}

/// Returns how many requests the summaries that have come count.
fn counted(receiver: &Receiver) -> i64 {
    let summaries = receiver.received("summary", "grpc");
    summaries
        .iter()
        .map(|one| one["count"].as_i64().unwrap())
        .sum()
}

/// Waits until so many requests have come, and then for those that must not come.
fn expect(receiver: &Receiver, count: i64) {
    wait(&format!("{count} requests"), || counted(receiver) >= count);
    sleep(RUNS);
    assert_eq!(counted(receiver), count);
}

#[test]
fn each_request_arrives_once_also_over_restarts() {
    let scene = Scene::new();
    let server = Server::nginx(&scene, PORT);
    let agent = scene.up(&server.scope());
    let receiver = Receiver::start_at(&scene, 0, 0);
    create(&scene, &agent, "http", "http_metrics", receiver.grpc);
    send(&server, 120);
    expect(&receiver, 120);
    what_came_is_right(&receiver);
    history_is_right(&scene, &agent);

    let off = cron(&scene, &agent, &["disable", "http"]);
    assert_eq!(off.code(), 0, "{off:?}");
    send(&server, 10);
    sleep(RUNS);
    assert_eq!(counted(&receiver), 120, "it is disabled");
    assert_eq!(cron(&scene, &agent, &["enable", "http"]).code(), 0);
    send(&server, 10);
    expect(&receiver, 130);

    // The script goes on with the next agent, however this one ends.
    assert_eq!(agent.interrupt().code(), 0);
    let agent = scene.up(&server.scope());
    send(&server, 20);
    expect(&receiver, 150);
    agent.kill();
    // Long enough that whole periods are missed.
    sleep(RUNS);
    let agent = scene.up(&server.scope());
    send(&server, 20);
    expect(&receiver, 170);
    let list = cron(&scene, &agent, &["list"]).success();
    assert!(
        list.lines().count() == 2 && list.contains("enabled"),
        "{list}"
    );
    let runs = history(&scene, &agent, "http");
    let skipped: Vec<&Row> = runs
        .iter()
        .filter(|run| run.text("state") == "skipped")
        .collect();
    assert!(!skipped.is_empty(), "no agent ran for a while: {runs:?}");
    assert!(
        skipped
            .iter()
            .all(|run| run.text("message").contains("no agent ran")),
        "{skipped:?}"
    );

    assert_eq!(cron(&scene, &agent, &["delete", "http"]).code(), 0);
    let finished = cron(&scene, &agent, &["history", "http"]);
    assert!(
        finished.stderr.contains("no scheduled script `http`"),
        "{finished:?}"
    );
    assert_eq!(agent.interrupt().code(), 0);
}

fn what_came_is_right(receiver: &Receiver) {
    for summary in receiver.received("summary", "grpc") {
        assert_eq!(
            (summary["name"].as_str(), summary["unit"].as_str()),
            (Some("http.server.duration"), Some("ms"))
        );
        let service = summary["resource"]["service.name"].as_str().unwrap();
        assert!(!service.is_empty(), "{summary}");
        let attributes = &summary["attributes"];
        assert!(
            attributes["http.target"]
                .as_str()
                .unwrap()
                .starts_with("/cron/page"),
            "{summary}"
        );
        assert_eq!(attributes["http.status_code"], 200);
        let (least, most) = (&summary["quantiles"]["0.0"], &summary["quantiles"]["1.0"]);
        assert!(
            least.as_f64().unwrap() > 0.0 && least.as_f64() <= most.as_f64(),
            "{summary}"
        );
    }
    let headers = receiver.received("headers", "grpc");
    assert!(
        headers.iter().all(|headers| headers["key"] == "k1"),
        "{headers:?}"
    );
}

fn history_is_right(scene: &Scene, agent: &Agent<'_>) {
    let runs = history(scene, agent, "http");
    assert!(runs.len() >= 3, "{runs:?}");
    assert!(
        runs.iter().all(|run| run.text("state") == "succeeded"),
        "{runs:?}"
    );
    for pair in runs.windows(2) {
        assert_eq!(
            pair[1].number("end_ns"),
            pair[0].number("start_ns"),
            "{pair:?}"
        );
    }
    assert!(
        runs.iter()
            .map(|run| run.number("points_sent"))
            .sum::<i64>()
            > 0
    );
    let script = "import px\npx.display(px.GetCronScriptHistory(), 'out')\n";
    let told = agent.rows(script);
    assert!(told.len() >= runs.len());
    let id = runs[0].text("script_id");
    for row in &told {
        assert_eq!(
            (row.text("script_id"), row.text("error_message")),
            (id, ""),
            "{row:?}"
        );
        assert!(row.number("compilation_time_ns") > 0, "{row:?}");
    }
    let audit = "import px\ndf = px.DataFrame('api_queries')\n\
        px.display(df[df.principal == 'schedule'], 'out')\n";
    let audited = agent.rows(audit);
    assert!(
        audited
            .iter()
            .all(|row| row.text("query_name") == format!("cron_{id}"))
    );
    assert!(audited.len() >= runs.len(), "{audited:?}");
}

#[test]
fn a_receiver_that_is_away_is_in_the_history_and_may_come_back() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let receiver = Receiver::start_at(&scene, 0, 0);
    let port = receiver.grpc;
    drop(receiver);
    create(&scene, &agent, "spans", "http_spans", port);
    let failed = wait_for("a failed run", LIMIT, || {
        send(&server, 5);
        let runs = history(&scene, &agent, "spans");
        runs.into_iter().find(|run| run.text("state") == "failed")
    });
    let message = failed.text("message");
    assert!(
        message.contains(&format!("export to `127.0.0.1:{port}` failed")),
        "{message}"
    );
    assert!(message.contains("given up after"), "{message}");
    assert!(failed.number("lost") > 0, "{failed:?}");
    let receiver = Receiver::start_at(&scene, 0, port);
    let again = wait_for("a run that sends", LIMIT, || {
        send(&server, 5);
        let runs = history(&scene, &agent, "spans");
        runs.into_iter().find(|run| run.number("spans_sent") > 0)
    });
    assert_eq!(
        (again.text("state"), again.text("message")),
        ("succeeded", "")
    );
    let spans = receiver.received("span", "grpc");
    assert!(
        spans
            .iter()
            .all(|span| span["name"].as_str().unwrap().starts_with("/cron/page"))
    );
    let counters = wait_for("a report with the failure", LIMIT, || {
        let report = agent.report_after(failed.number("time_ns"))?;
        let count = |name: &str| report[&("schedule".to_owned(), name.to_owned())];
        let counts = (count("cron_runs_failed"), count("cron_runs_succeeded"));
        (counts.0 > 0 && counts.1 > 0).then_some(counts)
    });
    assert!(counters.0 > 0, "{counters:?}");
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_was_meant() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let text = "import px\ndf = px.DataFrame('http_events', start_time=px.plugin.strt_time)\n";
    let file = scene.write("wrong.pxl", text).display().to_string();
    let finished = cron(
        &scene,
        &agent,
        &["create", "x", "-f", &file, "--every", "10s"],
    );
    assert_eq!(finished.code(), WRONG_SCRIPT, "{finished:?}");
    for expected in ["wrong.pxl:2:", "^^^", "did you mean `start_time`?"] {
        assert!(
            finished.stderr.contains(expected),
            "{expected}: {finished:?}"
        );
    }
    let text = "import px\npx.display(px.DataFrame('http_events', start_time='-1m'))\n";
    let file = scene.write("shows.pxl", text).display().to_string();
    let line = [
        "create",
        "shows it",
        "-f",
        &file,
        "--every",
        "1h",
        "--disabled",
    ];
    let finished = cron(&scene, &agent, &line);
    assert_eq!(finished.code(), 0, "{finished:?}");
    assert!(finished.stderr.contains("exports nothing"), "{finished:?}");
    for (line, expected) in [
        (&line[..], "`shows it` already"),
        (&["delete", "shows t"], "did you mean `shows it`?"),
        (
            &["create", "y", "http_metric", "--every", "1s"],
            "the preset `http_metrics`?",
        ),
        (
            &["create", "y", "http_metrics", "--every", "1s"],
            "no default config found for endpoint",
        ),
        (
            &[
                "create",
                "y",
                "http_metrics",
                "--every",
                "1s",
                "--export-to",
                "h",
            ],
            "has no port",
        ),
        (&["presets", "http_metric"], "did you mean `http_metrics`?"),
    ] {
        let finished = cron(&scene, &agent, line);
        assert_ne!(finished.code(), 0, "{line:?}");
        assert!(finished.stderr.contains(expected), "{line:?}: {finished:?}");
    }
    let shown = cron(&scene, &agent, &["show", "shows it"]).success();
    assert!(
        shown.contains("every        1h") && shown.contains("px.display"),
        "{shown}"
    );
    let presets = cron(&scene, &agent, &["presets"]).success();
    assert!(presets.contains("resource_summary"), "{presets}");
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn the_published_stubs_schedule_scripts() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up_with(&format!("pid:{}", idle.pid()), &OPTIONS);
    let editor = agent.api_key(&["create", "editor", "--role", "editor"]);
    let viewer = agent.api_key(&["create", "viewer"]);
    let mut command = python(&agent, &editor);
    command.arg(workload("plugin_checks.py")).arg(viewer.trim());
    let finished = scene.run("plugins", &mut command);
    assert!(finished.status.success(), "{finished:?}");
    assert_eq!(agent.interrupt().code(), 0);
}
