//! Vis specifications of one's own that are wrong: each command says where, and what was meant.
//!
//! None of it needs an agent, so that none runs.

use nixie_e2e::{Finished, Scene};
use std::fs;
use std::path::PathBuf;

const USAGE: i32 = 2;
const WRONG_SCRIPT: i32 = 4;

const SCRIPT: &str = "\
import px

def requests(start_time: str, path: str):
    df = px.DataFrame('http_events', start_time=start_time)
    df = df[px.contains(df.req_path, path)]
    return df[['time_', 'req_path', 'latency']]
";

const VIS: &str = r#"{
  "variables": [
    {"name": "start_time", "type": "PX_STRING", "description": "since when", "defaultValue": "-5m"},
    {"name": "path", "type": "PX_STRING", "description": "part of the path", "defaultValue": ""}
  ],
  "widgets": [
    {"name": "Latency", "position": {"x": 0, "y": 0, "w": 12, "h": 3},
     "func": {"name": "requests", "args": [
       {"name": "start_time", "variable": "start_time"},
       {"name": "path", "variable": "path"}
     ]},
     "displaySpec": {"@type": "types.px.dev/px.vispb.TimeseriesChart",
       "timeseries": [{"value": "latency", "series": "req_path", "mode": "MODE_LINE"}]}}
  ]
}
"#;

/// Makes a folder with the script and a specification.
fn folder(scene: &Scene, vis: &str) -> PathBuf {
    let folder = scene.path("mine");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("mine.pxl"), SCRIPT).unwrap();
    fs::write(folder.join("vis.json"), vis).unwrap();
    folder
}

/// Runs each command that reads specifications; what each says goes to standard output or error.
fn told(scene: &Scene, vis: &str) -> Vec<(&'static str, Finished, String)> {
    let folder = folder(scene, vis).display().to_string();
    let run = |line: &[&str]| scene.run(line[0], scene.px(line).arg(&folder));
    let nowhere = scene.path("no-agent").display().to_string();
    let all = [
        ("run", run(&["run", "--data-dir", &nowhere, "-f"])),
        ("explain", run(&["explain", "-f"])),
        ("check", run(&["script", "check"])),
    ];
    all.map(|(command, finished)| {
        let said = format!("{}{}", finished.stdout, finished.stderr);
        (command, finished, said)
    })
    .into()
}

#[test]
fn what_is_wrong_has_its_file_line_and_column() {
    let scene = Scene::new();
    for (from, to, place, expected) in [
        (
            "vispb.TimeseriesChart",
            "vispb.TimeseriesChar",
            ":12:",
            "is no kind of display",
        ),
        (
            r#""value": "latency""#,
            r#""value": "req_path""#,
            ":13:",
            "column `req_path` of table `Latency` is STRING, `value` needs numbers",
        ),
        (
            r#""value": "latency""#,
            r#""value": "latncy""#,
            ":13:",
            "did you mean `latency`?",
        ),
        (
            r#""variable": "path""#,
            r#""variable": "pth""#,
            ":10:",
            "variable `pth` is not defined",
        ),
        (
            r#""name": "requests""#,
            r#""name": "request""#,
            ":8:",
            "the script has no function `request`",
        ),
        (
            r#"{"name": "path", "variable": "path"}"#,
            r#"{"name": "paths", "variable": "path"}"#,
            ":10:",
            "does not have an argument called `paths`",
        ),
        (r#""w": 12"#, r#""w": twelve"#, ":7:", "error: "),
        (
            r#""type": "PX_STRING", "description": "part"#,
            r#""type": "PX_TEXT", "description": "part"#,
            ":4:",
            "PX_TEXT",
        ),
    ] {
        assert!(VIS.contains(from), "{from}");
        for (command, finished, said) in told(&scene, &VIS.replacen(from, to, 1)) {
            assert_eq!(
                finished.code(),
                WRONG_SCRIPT,
                "{command} {to}: {finished:?}"
            );
            let place = format!("vis.json{place}");
            assert!(
                said.contains(&place) && said.contains('^'),
                "{command} {to}: {said}"
            );
            assert!(said.contains(expected), "{command} {to}: {said}");
        }
    }
}

#[test]
fn a_good_specification_is_taken_and_unknown_arguments_are_not() {
    let scene = Scene::new();
    for (command, finished, said) in told(&scene, VIS) {
        let code = if command == "run" { 3 } else { 0 };
        // Nothing but the agent is missing.
        assert_eq!(finished.code(), code, "{command}: {said}");
    }
    let folder = folder(&scene, VIS).display().to_string();
    for command in ["run", "explain"] {
        let line = [command, "-f", &folder, "--", "--pth", "/x"];
        let finished = scene.run(command, &mut scene.px(&line));
        assert_eq!(finished.code(), USAGE, "{finished:?}");
        for expected in ["takes no argument `pth`", "did you mean `path`?"] {
            assert!(finished.stderr.contains(expected), "{finished:?}");
        }
    }
}
