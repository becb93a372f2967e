//! `px explain` and `px run --stats`: how a script is run, and what each step did.

use nixie_e2e::{PORT, Scene, Server, get};

const SCRIPT: &str = "import px
df = px.DataFrame('http_events', start_time='-10m')
df = df[df.resp_status >= 400]
df = df.groupby('req_path').agg(n=('latency', px.count))
px.display(df, 'failed')
";

/// Returns the line of an operator, from its name on.
fn line<'t>(text: &'t str, operator: &str) -> &'t str {
    let mut lines = text.lines().map(str::trim_start);
    let found = lines.find(|line| line.starts_with(operator));
    found.unwrap_or_else(|| panic!("no `{operator}`:\n{text}"))
}

#[test]
fn plans_are_explained_without_an_agent() {
    let scene = Scene::new();
    let script = scene.write("script.pxl", SCRIPT).display().to_string();
    let explained = scene
        .run("explain", &mut scene.px(&["explain", &script]))
        .success();
    assert!(
        explained.starts_with("failed (at most 10000 rows)\n"),
        "{explained}"
    );
    let scan = line(&explained, "TableScan:");
    assert!(
        scan.contains("columns=[req_path, resp_status]") && scan.contains("time_ >= "),
        "only these columns of this time are read: {scan}"
    );
    assert!(line(&explained, "Filter:").contains("resp_status@1 >= 400"));
    assert!(line(&explained, "Aggregate: mode=Partial").contains("count(1) as n"));
}

#[test]
fn each_step_tells_its_rows_bytes_and_time() {
    let scene = Scene::new();
    let server = Server::nginx(&scene, PORT);
    let agent = scene.up(&server.scope());
    for path in [
        "/found/1",
        "/found/2",
        "/missing/1",
        "/missing/2",
        "/missing/1",
    ] {
        assert!(get(server.address(), path).status >= 200);
    }
    assert_eq!(agent.wait_for_requests(5).len(), 5);
    let script = scene.write("script.pxl", SCRIPT).display().to_string();
    let run = |output: &str| {
        let mut command = agent.px(&["run", "--stats", "-o", output, "-f", &script]);
        scene.run("run", &mut command)
    };
    let table = run("table").success();
    let rows = |operator: &str| {
        let line = line(&table, operator);
        let cells: Vec<&str> = line
            .split("  ")
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
            .collect();
        let [_, rows, bytes, time] = cells.as_slice() else {
            panic!("four cells: {line}");
        };
        assert!(bytes.ends_with('B') && time.ends_with('s'), "{line}");
        rows.parse::<u64>().expect(line)
    };
    assert_eq!(rows("TableScan:"), 5, "{table}");
    assert_eq!(rows("Filter:"), 3, "{table}");
    assert_eq!(rows("Aggregate: mode=FinalPartitioned"), 2, "{table}");
    assert!(line(&table, "in all").ends_with('s'), "{table}");

    // Programs find rows only on standard output.
    let json = run("json");
    assert_eq!(json.stdout.lines().count(), 2, "{json:?}");
    assert!(line(&json.stderr, "TableScan:").contains("http_events"));
}
