//! The examples of the language, checked by the command and over a real table.
//!
//! The page with the examples is the one that the compiler's own tests run. Its table `t` is made
//! of `http_events` here.

use nixie_e2e::Scene;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../../../crates/pxl/tests/md/conformance.md");

/// Makes `t` when it is asked for like a table.
const TABLE: &str = "import px
def table_t(name, select=None, start_time=None, end_time=None):
    df = px.DataFrame('http_events', start_time=start_time, end_time=end_time)
    df.a = df.latency
    df.b = df.latency / 2
    df.s = df.req_path
    df.ok = df.resp_status == 200
    df = df[['time_', 'upid', 'a', 'b', 's', 'ok']]
    if select:
        df = df[select]
    return df
";

/// An example: what to call of it, the script, and the problems that it has.
struct Example<'a> {
    call: Option<&'a str>,
    script: &'a str,
    problems: BTreeSet<&'a str>,
}

fn examples() -> Vec<Example<'static>> {
    let mut found: Vec<Example<'_>> = Vec::new();
    let mut fences = PAGE.split("```").skip(1);
    while let (Some(fence), _) = (fences.next(), fences.next()) {
        let (info, body) = fence.split_once('\n').expect("a fence has lines");
        match info.split_once(' ').unwrap_or((info, "")) {
            ("pxl", call) => found.push(Example {
                call: call.strip_prefix("fn:"),
                script: body,
                problems: BTreeSet::new(),
            }),
            ("error", _) => {
                let lines = body.lines().filter(|line| !line.starts_with(' '));
                // `LINE:COLUMN+WIDTH CODE: MESSAGE`
                let messages = lines.map(|line| line.split_once(": ").expect("a message").1);
                found
                    .last_mut()
                    .expect("a script")
                    .problems
                    .extend(messages);
            }
            _ => {}
        }
    }
    found
}

/// A vis specification with one widget, for a call written as `FUNCTION:OUTPUT:NAME=VALUE`.
fn vis(call: &str) -> Value {
    let mut parts = call.split(':');
    let (function, output) = (parts.next(), parts.next());
    let arguments = parts.map(|part| {
        let (name, value) = part.split_once('=').expect("NAME=VALUE");
        json!({"name": name, "value": value})
    });
    json!({
        "variables": [],
        "globalFuncs": [],
        "widgets": [{
            "name": output,
            "position": {"x": 0, "y": 0, "w": 12, "h": 4},
            "func": {"name": function, "args": arguments.collect::<Vec<_>>()},
            "displaySpec": {"@type": "types.px.dev/px.vispb.Table"},
        }],
    })
}

fn write(folder: &Path, example: &Example<'_>) {
    fs::create_dir_all(folder).unwrap();
    let script = example.script.replace("px.DataFrame('t'", "table_t('t'");
    fs::write(folder.join("example.pxl"), format!("{TABLE}{script}")).unwrap();
    if let Some(call) = example.call {
        fs::write(folder.join("vis.json"), vis(call).to_string()).unwrap();
    }
}

#[test]
fn the_command_says_of_each_example_what_the_page_says() {
    let scene = Scene::new();
    let examples = examples();
    assert!(examples.len() > 30, "{}", examples.len());
    for (number, example) in examples.iter().enumerate() {
        write(&scene.path(&format!("all/{number}")), example);
    }
    let folder = scene.path("all").display().to_string();
    let line = ["script", "check", &folder, "-o", "json"];
    let finished = scene.run("check", &mut scene.px(&line));
    let mut said: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for line in finished.stdout.lines() {
        let finding: Value = serde_json::from_str(line).unwrap();
        let file = Path::new(finding["file"].as_str().unwrap());
        let number = file
            .iter()
            .rev()
            .find_map(|part| part.to_str()?.parse().ok());
        let message = finding["message"].as_str().unwrap().to_owned();
        let number = number.unwrap_or_else(|| panic!("{line}"));
        said.entry(number).or_default().insert(message);
    }
    for (number, example) in examples.iter().enumerate() {
        let said = said.remove(&number).unwrap_or_default();
        let said: BTreeSet<&str> = said.iter().map(String::as_str).collect();
        assert_eq!(said, example.problems, "{}", example.script);
    }
}
