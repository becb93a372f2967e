//! Flight SQL, by ADBC's driver and by Arrow's own client, as they are.

use nixie_e2e::{
    Agent, LIMIT, PORT, Row, Scene, Server, blocks, get, python_with_adbc, wait_for, workload,
};
use std::process::Command;
use std::time::Duration;

/// Where the page that is tested says that the agent listens.
const OPTIONS: [&str; 3] = ["--listen", "127.0.0.1:4747", "--tls-self-signed"];

const REQUESTS: usize = 10;

/// LIMIT: time of one check; the large one moves 30 MB through a build without optimisation.
const CHECK_TIME_MAX: Duration = Duration::from_secs(90);

fn python(agent: &Agent<'_>, key: &str) -> Command {
    let mut command = Command::new(python_with_adbc());
    command
        .env("PX_API_KEY", key.trim())
        .env("PX_CA", agent.folder().join("state/tls/ca.pem"))
        .env("PYTHONDONTWRITEBYTECODE", "1");
    for proxy in ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"] {
        command.env_remove(proxy);
    }
    command
}

fn traced<'s>(scene: &'s Scene, server: &Server, options: &[&str]) -> Agent<'s> {
    let agent = scene.up_with(&server.scope(), options);
    for number in 0..REQUESTS {
        let answer = get(server.address(), &format!("/checked/{number}"));
        assert_eq!(answer.status, 200);
    }
    assert_eq!(agent.wait_for_requests(REQUESTS).len(), REQUESTS);
    agent
}

fn check(scene: &Scene, agent: &Agent<'_>, key: &str, name: &str) {
    let mut command = python(agent, key);
    command.arg(workload("adbc_checks.py")).arg(name);
    let finished = scene
        .start(name, &mut command)
        .finish_within(CHECK_TIME_MAX);
    assert!(finished.status.success(), "{name}: {finished:?}");
}

#[test]
fn every_block_of_the_page_runs_as_it_is_written() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = traced(&scene, &server, &OPTIONS);
    let key = agent.api_key(&["create", "page"]);
    let blocks = blocks("reference/flight-sql.md", "python");
    assert_eq!(blocks.len(), 2);
    for block in blocks {
        let file = scene.write("block.py", &block);
        let printed = scene.run("block", python(&agent, &key).arg(file)).success();
        for number in 0..REQUESTS {
            let path = format!("/checked/{number}");
            assert!(
                printed.contains(&path),
                "{path} is not in: {printed}\n{block}"
            );
        }
    }
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn the_drivers_get_what_they_expect() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = traced(&scene, &server, &OPTIONS);
    let key = agent.api_key(&["create", "checks"]);
    for name in [
        "types",
        "parameters",
        "catalog",
        "errors",
        "wrong_key",
        "passwords",
        "tls",
        "large",
        "completeness",
        "actions",
        "cancel",
        "cancel_info",
        "timeout",
    ] {
        check(&scene, &agent, &key, name);
    }
    // Those that were cancelled, or ran into the client's deadline, have stopped.
    let audit = "import px\ndf = px.DataFrame('api_queries')\n\
        df = df[df.query_name == 'Flight SQL']\npx.display(df, 'out')\n";
    let is_stopped = |row: &Row| {
        let status = row.number("status");
        row.text("script").contains("a.n + b.n") && (status == 1 || status == 4)
    };
    let rows = wait_for("the ends of three slow queries", LIMIT, || {
        let rows = agent.rows(audit);
        let stopped = rows.iter().filter(|row| is_stopped(row));
        (stopped.count() >= 3).then_some(rows)
    });
    for row in &rows {
        assert!(row.text("principal").starts_with("key "), "{row:?}");
        assert_eq!(row.text("role"), "viewer");
    }
    for (status, script) in [(0, "req_path = ?"), (3, "http_event"), (3, "DROP TABLE")] {
        let is_told = rows
            .iter()
            .any(|row| row.number("status") == status && row.text("script").contains(script));
        assert!(is_told, "{status} {script}: {rows:?}");
    }
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn payloads_are_hidden_in_restricted_mode() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let options = [&OPTIONS[..], &["--data-access", "restricted"]].concat();
    let agent = traced(&scene, &server, &options);
    let key = agent.api_key(&["create", "checks"]);
    check(&scene, &agent, &key, "restricted");
    assert_eq!(agent.interrupt().code(), 0);
}
