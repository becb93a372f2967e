//! grpcurl, from PyPI, which knows services by reflection only.

use nixie_e2e::{Agent, Scene, python_tools};
use serde_json::{Deserializer, Value};
use std::process::Command;

const SCRIPT: &str = "import px\npx.display(px.GetTables(), 'tables')\n";

/// Runs grpcurl with a key; returns what it says, also of failures.
fn grpcurl(agent: &Agent<'_>, scene: &Scene, key: &str, arguments: &[&str]) -> (bool, String) {
    let mut command = Command::new(python_tools().with_file_name("grpcurl"));
    let header = format!("pixie-api-key: {}", key.trim());
    // Options come before the address, what is asked behind it.
    let (options, question) = arguments.split_at(arguments.len().saturating_sub(1));
    command.args(["-plaintext", "-max-time", "20", "-H", &header]);
    command.args(options).arg(agent.address()).arg(question[0]);
    let finished = scene.run("grpcurl", &mut command);
    let text = format!("{}{}", finished.stdout, finished.stderr);
    (finished.status.success(), text)
}

#[test]
fn services_are_found_described_and_called() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let key = agent.api_key(&["create", "grpcurl"]);
    let ask = |arguments: &[&str]| {
        let (succeeded, text) = grpcurl(&agent, &scene, &key, arguments);
        assert!(succeeded, "{text}");
        text
    };
    let listed = ask(&["list"]);
    for service in [
        "px.api.vizierpb.VizierService",
        "px.cloudapi.VizierClusterInfo",
        "px.cloudapi.APIKeyManager",
        "grpc.reflection.v1alpha.ServerReflection",
    ] {
        assert!(listed.lines().any(|line| line == service), "{listed}");
    }
    let request = serde_json::json!({"query_str": SCRIPT}).to_string();
    let call = "px.api.vizierpb.VizierService/ExecuteScript";
    let streamed = ask(&["-d", &request, call]);
    let messages: Vec<Value> = Deserializer::from_str(&streamed)
        .into_iter()
        .collect::<Result<_, _>>()
        .expect(&streamed);
    let meta = &messages[0]["metaData"];
    assert_eq!(meta["name"], "tables", "{streamed}");
    let names = messages.iter().filter_map(|message| {
        let columns = message["data"]["batch"]["cols"].as_array()?;
        columns.first()?["stringData"]["data"].as_array()
    });
    assert!(names.flatten().count() > 10, "{streamed}");
    let last = messages.last().unwrap();
    assert!(last["data"]["executionStats"].is_object(), "{streamed}");

    let (succeeded, text) = grpcurl(&agent, &scene, "px-api-none", &["-d", &request, call]);
    assert!(!succeeded && text.contains("Unauthenticated"), "{text}");
}
