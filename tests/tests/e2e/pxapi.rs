//! The published Python client, as it is, against a running agent.

use nixie_e2e::{Agent, PORT, Scene, Server, blocks, get, python_with_client, wait_for, workload};
use std::process::Command;

/// Where the page that is tested says that the agent listens.
pub(crate) const OPTIONS: [&str; 3] = ["--listen", "127.0.0.1:4747", "--tls-self-signed"];

const REQUESTS: usize = 5;

/// The large result is 64 times as many rows.
const MANY_REQUESTS: usize = 100;

pub(crate) fn python(agent: &Agent<'_>, key: &str) -> Command {
    let mut command = Command::new(python_with_client());
    command
        .env("PX_API_KEY", key.trim())
        .env(
            "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
            agent.folder().join("state/tls/ca.pem"),
        )
        .env("PYTHONDONTWRITEBYTECODE", "1");
    for proxy in [
        "http_proxy",
        "https_proxy",
        "grpc_proxy",
        "HTTP_PROXY",
        "HTTPS_PROXY",
    ] {
        command.env_remove(proxy);
    }
    command
}

#[test]
fn every_block_of_the_page_runs_as_it_is_written() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up_with(&server.scope(), &OPTIONS);
    for number in 0..REQUESTS {
        assert_eq!(
            get(server.address(), &format!("/page/{number}")).status,
            200
        );
    }
    assert_eq!(agent.wait_for_requests(REQUESTS).len(), REQUESTS);
    let key = agent.api_key(&["create", "page"]);
    let blocks = blocks("howto/use-pxapi.md", "python");
    assert!(blocks.len() >= 5, "{}", blocks.len());
    for block in blocks {
        let file = scene.write("block.py", &block);
        let printed = scene.run("block", python(&agent, &key).arg(file)).success();
        for number in 0..REQUESTS {
            let path = format!("/page/{number}");
            assert!(
                printed.contains(&path),
                "{path} is not in: {printed}\n{block}"
            );
        }
    }
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn the_client_gets_what_it_expects() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up_with(&server.scope(), &OPTIONS);
    for number in 0..MANY_REQUESTS {
        assert_eq!(
            get(server.address(), &format!("/checked/{number}")).status,
            200
        );
    }
    assert_eq!(agent.wait_for_requests(MANY_REQUESTS).len(), MANY_REQUESTS);
    let key = agent.api_key(&["create", "checks"]);
    for check in [
        "types",
        "several_tables",
        "callbacks",
        "script_error",
        "missing_table",
        "wrong_key",
        "unknown_cluster",
        "encryption",
        "large",
    ] {
        let mut command = python(&agent, &key);
        let finished = scene.run(check, command.arg(workload("pxapi_checks.py")).arg(check));
        assert!(finished.status.success(), "{check}: {finished:?}");
    }
    // A revoked key is refused at once, and the audit table tells of what it did.
    let listed = agent.api_key(&["list", "-o", "json"]);
    let listed: serde_json::Value = serde_json::from_str(listed.trim()).expect("one key");
    let id = listed["id"].as_str().expect("an id");
    let _revoked = agent.api_key(&["revoke", id]);
    let mut command = python(&agent, &key);
    let finished = scene.run(
        "revoked",
        command.arg(workload("pxapi_checks.py")).arg("types"),
    );
    assert!(finished.stderr.contains("UNAUTHENTICATED"), "{finished:?}");
    let audit = "import px\ndf = px.DataFrame('api_queries')\n\
        df = df[df.principal != 'local token']\npx.display(df, 'out')\n";
    let rows = wait_for("what the key did", nixie_e2e::LIMIT, || {
        let rows = agent.rows(audit);
        (rows.len() >= 6).then_some(rows)
    });
    for row in &rows {
        assert_eq!(row.text("principal"), format!("key {id}"), "{row:?}");
        assert_eq!(
            (row.text("role"), row.text("client_addr")),
            ("viewer", "127.0.0.1")
        );
    }
    assert!(
        rows.iter()
            .any(|row| row.number("status") == 3 && row.text("script").contains("nothing"))
    );
    assert_eq!(agent.interrupt().code(), 0);
}
