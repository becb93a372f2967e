//! `px lsp` and a client of the Language Server Protocol.

use nixie_e2e::{Finished, Scene, program, python_tools, workload};
use serde_json::{Value, json};
use std::io::Write;
use std::process::Command;

const SCRIPT: &str = "\
import px
df = px.DataFrame('http_events', start_time='-5m')
df.ms = df.latency / 1000000
df.r
px.display(df[['req_path', 'ms']])
";

/// Runs the client with some steps; returns its answers with their kinds.
fn talk(scene: &Scene, server: &Command, steps: &[Value]) -> Vec<(String, Value)> {
    let mut command = Command::new(python_tools());
    command
        .arg(workload("lsp_client.py"))
        .arg(server.get_program())
        .args(server.get_args());
    for (name, value) in server.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut process = scene.start("editor", &mut command);
    let mut input = process.take_stdin();
    for step in steps {
        writeln!(input, "{step}").unwrap();
    }
    drop(input);
    let Finished {
        status,
        stdout,
        stderr,
    } = process.finish();
    assert!(status.success(), "{stderr}\n{stdout}");
    let answers = stdout
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    answers
        .map(|line| {
            (
                line["kind"].as_str().unwrap().to_owned(),
                line["answer"].clone(),
            )
        })
        .collect()
}

fn answers(all: &[(String, Value)], kind: &str) -> Vec<Value> {
    all.iter()
        .filter(|(found, _)| found == kind)
        .map(|(_, answer)| answer.clone())
        .collect()
}

fn labels(items: &Value) -> Vec<&str> {
    let items = items.as_array().expect("a list").iter();
    items.map(|item| item["label"].as_str().unwrap()).collect()
}

fn ask(what: &str, line: u32, character: u32) -> Value {
    json!({"ask": what, "line": line, "character": character})
}

#[test]
fn an_editor_gets_help_without_an_agent() {
    let scene = Scene::new();
    let mut server = scene.px(&["lsp"]);
    // Where no agent writes its files.
    server.env("XDG_RUNTIME_DIR", scene.folder());
    let typing = SCRIPT.replace("df.r\n", "df = df[df.req_\n");
    let right = SCRIPT.replace("df.r\n", "");
    let all = talk(
        &scene,
        &server,
        &[
            json!({"open": SCRIPT}),
            ask("completion", 3, 4),
            ask("hover", 2, 12),
            ask("completion", 1, 20),
            ask("signature", 1, 45),
            ask("symbols", 0, 0),
            json!({"change": typing}),
            ask("completion", 3, 15),
            json!({"change": right}),
            json!({"change": ""}),
        ],
    );
    assert_eq!(answers(&all, "server"), ["px"]);
    assert_eq!(answers(&all, "exit"), [0]);
    let completions = answers(&all, "completion");
    // `df.r`: columns and methods that begin so.
    let begun = labels(&completions[0]);
    assert!(
        begun.contains(&"remote_addr") && begun.contains(&"rolling"),
        "{begun:?}"
    );
    assert!(
        begun.iter().all(|label| label.starts_with('r')),
        "{begun:?}"
    );
    assert!(
        labels(&completions[1]).contains(&"http_events"),
        "{completions:?}"
    );
    let requests = labels(&completions[2]);
    assert!(
        requests.contains(&"req_path") && requests.contains(&"req_method"),
        "{requests:?}"
    );
    let hover = &answers(&all, "hover")[0];
    let text = hover["contents"]["value"].as_str().unwrap();
    assert!(text.contains("latency: INT64 ST_DURATION_NS"), "{text}");
    assert_eq!(hover["range"]["start"], json!({"line": 2, "character": 11}));
    let signature = &answers(&all, "signature")[0];
    let label = signature["signatures"][0]["label"].as_str().unwrap();
    assert_eq!(
        label,
        "DataFrame(table, select=…, start_time=…, end_time=…)"
    );
    assert_eq!(signature["activeParameter"], 2);
    let symbols = &answers(&all, "symbols")[0];
    assert_eq!(symbols[0]["name"], "df");
    let [first, broken, right, empty] =
        <[Value; 4]>::try_from(answers(&all, "diagnostics")).unwrap();
    // `df.r` alone is no error of the compiler, as nothing is done with it.
    assert_eq!(first, json!([]));
    assert_eq!(broken[0]["severity"], 1, "{broken}");
    assert_eq!((right, empty), (json!([]), json!([])));
}

#[test]
fn problems_have_places_codes_and_advice() {
    let scene = Scene::new();
    let server = scene.px(&["lsp", "--stdio"]);
    let script = "import px\n# 😀\ndf = px.DataFrame('http_event')\npx.display(px.DataFrame('conn_stats')[['😀', 'bytes_sen']])\n";
    let all = talk(&scene, &server, &[json!({"open": script})]);
    let diagnostics = &answers(&all, "diagnostics")[0];
    let unknown = &diagnostics[0];
    assert_eq!(unknown["code"], "unknown-table");
    assert_eq!(unknown["source"], "px");
    let range = json!({"start": {"line": 2, "character": 18}, "end": {"line": 2, "character": 30}});
    assert_eq!(unknown["range"], range);
    let message = unknown["message"].as_str().unwrap();
    assert!(
        message.ends_with("help: did you mean `http_events`?"),
        "{message}"
    );
    let others = diagnostics.as_array().unwrap();
    let of_bytes = others
        .iter()
        .find(|one| one["message"].as_str().unwrap().contains("bytes_sen`"));
    assert_eq!(
        of_bytes.expect("the column is told")["code"],
        "unknown-column"
    );
}

#[test]
fn tables_are_those_of_a_running_agent() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let server = agent.px(&["lsp"]);
    let steps = [
        json!({"open": "import px\npx.DataFrame('agent_"}),
        ask("completion", 1, 20),
    ];
    let all = talk(&scene, &server, &steps);
    let log = answers(&all, "log");
    assert_eq!(
        log,
        [format!(
            "the tables are those of the agent at {}",
            agent.address()
        )]
    );
    assert_eq!(labels(&answers(&all, "completion")[0]), ["agent_status"]);
    let address = agent.address().to_owned();
    let folder = agent.folder().display().to_string();
    drop(agent);
    let named = scene.px(&["lsp", "--endpoint", &address, "--data-dir", &folder]);
    let finished = scene.run("lsp", &mut { named });
    assert_eq!(finished.code(), 3, "{finished:?}");
}

#[test]
fn a_page_gets_the_same_help_over_http() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let key = agent.api_key(&["create", "page"]);
    let ask = |body: &Value| {
        let mut curl = Command::new(program("curl"));
        let header = format!("pixie-api-key: {}", key.trim());
        let url = format!("http://{}/api/v1/editor", agent.address());
        curl.args(["-sS", "-H", &header, "-d", &body.to_string(), &url]);
        let answer = scene.run("curl", &mut curl).success();
        serde_json::from_str::<Value>(&answer).expect(&answer)
    };
    let typing = SCRIPT.replace("df.r\n", "df = df[df.req_\n");
    let told = ask(&json!({"script": typing, "caret": {"line": 4, "column": 16}}));
    let problem = &told["diagnostics"][0];
    assert!(problem["line"].as_u64() >= Some(4), "{told}");
    assert!(!problem["message"].as_str().unwrap().is_empty(), "{told}");
    let completions = labels(&told["completions"]);
    assert!(completions.contains(&"req_path"), "{completions:?}");
    assert_eq!(told["symbols"][0]["name"], "df", "{told}");

    let told = ask(&json!({"script": SCRIPT, "caret": {"line": 3, "column": 13}}));
    assert_eq!(told["diagnostics"], json!([]), "{told}");
    assert_eq!(told["hover"]["label"], "latency", "{told}");
    assert_eq!(
        told["hover"]["start"],
        json!({"line": 3, "column": 12}),
        "{told}"
    );
    let told = ask(&json!({"script": ""}));
    assert_eq!(
        (&told["diagnostics"], &told["hover"]),
        (&json!([]), &Value::Null)
    );
    let told = ask(&json!({"text": "import px"}));
    let message = told["message"].as_str().unwrap();
    assert!(message.contains("no valid question of an editor"), "{told}");
}

#[test]
fn a_message_that_is_none_is_answered_and_the_next_one_read() {
    let scene = Scene::new();
    let mut server = scene.px(&["lsp"]);
    server.env("XDG_RUNTIME_DIR", scene.folder());
    let mut process = scene.start("lsp", &mut server);
    let mut input = process.take_stdin();
    for body in [
        "{\"jsonrpc\": ",
        r#"{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {}}"#,
        r#"{"jsonrpc": "2.0", "method": "exit"}"#,
    ] {
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
    }
    drop(input);
    let finished = process.finish();
    assert!(finished.status.success(), "{finished:?}");
    assert!(
        finished.stdout.contains("-32700") && finished.stdout.contains("serverInfo"),
        "{finished:?}"
    );
}
