//! Settings, environment, completion, manual pages, and the look at the agent itself.

use nixie_e2e::{PORT, Scene, Server, get, program, wait_for};
use rustix::process::Signal;
use std::process::Command;
use std::time::Duration;

const FAILED: i32 = 1;
const WRONG_COMMAND_LINE: i32 = 2;

const LIMIT: Duration = Duration::from_secs(20);

#[test]
fn flags_are_set_by_settings_and_the_environment() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let px = |arguments: &[&str]| scene.run("px", &mut scene.px(arguments));
    let folder = agent.folder().to_str().unwrap();
    for (key, value) in [("endpoint", agent.address()), ("data-dir", folder)] {
        drop(px(&["config", "set", key, value]).success());
    }
    drop(px(&["config", "set", "sql.output", "json"]).success());
    let query = ["sql", "SELECT 1 AS one"];
    let line = "{\"_tableName_\":\"output\",\"one\":1}\n";
    assert_eq!(px(&query).success(), line);
    let mut command = scene.px(&query);
    let text = scene.run("px", command.env("PX_OUTPUT", "csv")).success();
    assert_eq!(text, "one\n1\n");
    let mut command = scene.px(&[query[0], query[1], "-o", "json"]);
    let text = scene.run("px", command.env("PX_OUTPUT", "csv")).success();
    assert_eq!(text, line);
    let list = px(&["config", "list"]).success();
    assert!(list.contains("sql.output=json"), "{list}");
    assert_eq!(px(&["config", "get", "sql.output"]).success(), "json\n");
    drop(px(&["config", "unset", "sql.output"]).success());
    assert_eq!(px(&["config", "get", "sql.output"]).code(), FAILED);

    for (key, value, expected) in [
        ("outptu", "json", "did you mean `output`?"),
        ("sql.output", "xml", "does not take `xml`"),
    ] {
        let finished = px(&["config", "set", key, value]);
        assert_eq!(finished.code(), WRONG_COMMAND_LINE, "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
    }
    // What somebody wrote into the file by hand is told, and does not stop the rest.
    let path = px(&["config", "path"]).success();
    std::fs::write(path.trim(), r#"{"sql.output": "xml"}"#).unwrap();
    let finished = px(&["version"]);
    assert!(
        finished.stderr.contains("warning: setting `sql.output`"),
        "{finished:?}"
    );
    assert!(finished.success().starts_with("px "));
}

#[test]
fn shells_complete_scripts_their_arguments_and_tables() {
    let scene = Scene::new();
    for (shell, word) in [
        ("bash", "complete "),
        ("zsh", "#compdef px"),
        ("fish", "complete "),
    ] {
        let text = scene
            .run("px", &mut scene.px(&["completion", shell]))
            .success();
        assert!(text.contains(word), "{shell}: {text}");
    }
    // What bash itself makes of it.
    let file = scene.path("px.bash");
    let text = scene
        .run("px", &mut scene.px(&["completion", "bash"]))
        .success();
    std::fs::write(&file, text).unwrap();
    let binary = std::path::PathBuf::from(scene.px(&[]).get_program());
    let words = |line: &str| {
        let script = format!(
            "PATH={folder}:$PATH; source {file}; \
             COMP_WORDS=({line}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMP_TYPE=9; \
             COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; \
             eval \"$(complete -p px | sed 's/.*-F \\([^ ]*\\).*/\\1/')\" px; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            folder = binary.parent().unwrap().display(),
            file = file.display(),
        );
        let mut command = Command::new(program("bash"));
        scene.run("bash", command.args(["-c", &script])).success()
    };
    for (line, expected) in [
        ("px ex", "export"),
        ("px run px/http_da", "px/http_data"),
        ("px run px/http_data -- --start", "--start_time"),
        ("px tables http", "http_events"),
        ("px run -o par", "parquet"),
    ] {
        let found = words(line);
        assert!(
            found.lines().any(|word| word.trim() == expected),
            "{line}: {found}"
        );
    }
}

#[test]
fn the_agent_tells_of_itself() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let px = |arguments: &[&str]| scene.run("px", &mut agent.px(arguments));
    let id = px(&["get", "cluster", "--id"]).success();
    assert_eq!(id.trim().len(), 36, "{id}");
    let cluster = px(&["get", "viziers", "-o", "json"]).success();
    assert!(
        cluster.contains(id.trim()) && cluster.contains("CS_HEALTHY"),
        "{cluster}"
    );
    let named = ["--cluster", &id.trim().to_ascii_uppercase()];
    drop(px(&[&["run", "px/schemas"][..], &named].concat()).success());
    let finished = px(&["run", "px/schemas", "-c", "elsewhere"]);
    let refusal = format!("({}), not `elsewhere`", id.trim());
    assert!(finished.stderr.contains(&refusal), "{finished:?}");
    assert_eq!(finished.code(), FAILED, "{finished:?}");
    let agents = px(&["get", "pems", "-o", "json"]).success();
    assert!(agents.contains("AGENT_STATE_HEALTHY"), "{agents}");
    let pods = px(&["debug", "pods"]).success();
    let pod = format!("px-{}", agent.process().pid());
    assert!(pods.contains(&pod), "{pods}");
    drop(px(&["debug", "log"]).success());
    let finished = px(&["debug", "log", "other"]);
    assert!(
        finished.stderr.contains("pod `other` is not known"),
        "{finished:?}"
    );

    let file = scene.path("logs.zip");
    drop(px(&["collect-logs", "--to", file.to_str().unwrap()]).success());
    let mut command = Command::new(program("python3"));
    let list = scene.run("unzip", command.args(["-m", "zipfile", "-l"]).arg(&file));
    let list = list.success();
    for part in [
        "agent.log",
        "host.txt",
        "tables.json",
        "px_agent_status.jsonl",
    ] {
        assert!(list.contains(part), "{list}");
    }
    // A viewer may not read the log: the rest is collected, and said to be.
    let key = agent.api_key(&["create", "viewer"]);
    let collect = |file: &str| {
        let mut command = agent.px(&["collect-logs", "--api-key", key.trim(), "--to"]);
        scene.run("collect-logs", command.arg(scene.path(file)))
    };
    let finished = collect("logs.zip");
    assert!(finished.stderr.contains("File exists"), "{finished:?}");
    let finished = collect("fewer_logs.zip");
    assert_eq!(finished.code(), FAILED, "{finished:?}");
    assert!(
        finished.stderr.contains("1 part is missing"),
        "{finished:?}"
    );
}

#[test]
fn an_agent_elsewhere_is_asked_with_tls_and_a_key() {
    let scene = Scene::new();
    let idle = scene.idle();
    let options = ["--listen", "127.0.0.1:4747", "--tls-self-signed"];
    let agent = scene.up_with(&format!("pid:{}", idle.pid()), &options);
    let key = agent.api_key(&["create", "far"]);
    let ca = agent.folder().join("state/tls/ca.pem");
    let ask = |endpoint: &str, ca: Option<&std::path::Path>| {
        let mut command = scene.px(&[
            "sql",
            "SELECT 1 AS one",
            "-o",
            "csv",
            "--endpoint",
            endpoint,
        ]);
        command.env("PX_API_KEY", key.trim());
        if let Some(ca) = ca {
            command.arg("--ca-cert").arg(ca);
        }
        scene.run("px", &mut command)
    };
    assert_eq!(ask("localhost:4747", Some(&ca)).success(), "one\n1\n");
    let finished = ask("127.0.0.2:4747", Some(&ca));
    assert!(finished.stderr.contains("does not answer"), "{finished:?}");
    // The system does not trust the agent's own certificate.
    let mut command = scene.px(&["version", "--endpoint", "px.example"]);
    let finished = scene.run("px", &mut command);
    assert!(
        finished.stderr.contains("neither API key nor login"),
        "{finished:?}"
    );
    let mut command = scene.px(&["tables", "--endpoint", "px.example"]);
    let finished = scene.run("px", &mut command);
    assert_eq!(finished.code(), WRONG_COMMAND_LINE, "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("there is neither API key nor login"),
        "{finished:?}"
    );
}

#[test]
fn keys_of_an_agent_elsewhere_are_managed_by_its_admins() {
    let scene = Scene::new();
    let idle = scene.idle();
    let options = ["--listen", "127.0.0.1:4747", "--tls-self-signed"];
    let agent = scene.up_with(&format!("pid:{}", idle.pid()), &options);
    let admin = agent.api_key(&["create", "boss", "--role", "admin"]);
    let viewer = agent.api_key(&["create", "reader"]);
    let ca = agent.folder().join("state/tls/ca.pem");
    let ask = |key: &str, arguments: &[&str]| {
        let mut command = scene.px(&["api-key"]);
        command.args(arguments).args(["--endpoint", "localhost"]);
        command.arg("--ca-cert").arg(&ca);
        scene.run("px", command.env("PX_API_KEY", key.trim()))
    };
    let made = ask(
        &admin,
        &["create", "-d", "far away", "-s", "--role", "editor"],
    )
    .success();
    let shown = ask(&admin, &["lookup", "-k", made.trim(), "-o", "json"]).success();
    let shown: serde_json::Value = serde_json::from_str(&shown).expect(&shown);
    assert_eq!(
        (&shown["role"], &shown["description"]),
        (&"editor".into(), &"far away".into())
    );
    let id = shown["id"].as_str().unwrap();
    let got = ask(&admin, &["get", id]).success();
    assert!(got.contains("editor") && got.contains("far away"), "{got}");
    // The agent and the folder have the same keys.
    let listed = ask(&admin, &["list"]).success();
    assert_eq!(listed, agent.api_key(&["list"]));
    assert_eq!(listed.lines().count(), 4, "{listed}");

    assert_eq!(ask(&admin, &["revoke", id]).success(), "");
    for (key, arguments, expected) in [
        (&made, ["list", "-o", "json"], "may have been revoked"),
        (&admin, ["get", id, "-ojson"], "there is no API key"),
        (
            &admin,
            ["lookup", "-k", "px-api-none"],
            "API key is not known",
        ),
        (
            &viewer,
            ["list", "-o", "json"],
            "need the role `admin`; yours is `viewer`",
        ),
        (
            &viewer,
            ["create", "--role", "admin"],
            "need the role `admin`",
        ),
    ] {
        let finished = ask(key, &arguments);
        assert_eq!(finished.code(), FAILED, "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
    }
    let long = "x".repeat(2000);
    let finished = ask(&admin, &["create", &long]);
    assert!(
        finished.stderr.contains("exceeds the limit of 1024 bytes"),
        "{finished:?}"
    );
}

#[test]
fn streams_are_followed_until_they_are_ended() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let script = "import px\n\
        df = px.DataFrame('http_events', select=['time_', 'req_path'])\n\
        px.display(df.stream(), 'live')\n\
        px.display(px.DataFrame('http_events').head(1), 'first')\n";
    let file = scene.write("stream.pxl", script);
    let mut command = agent.px(&["run", "-o", "json", "-f"]);
    let mut follower = scene.start("follow", command.arg(&file));
    for number in 0..3 {
        let path = format!("/page/{number}");
        assert_eq!(get(server.address(), &path).status, 200);
        wait_for("the row of the request", LIMIT, || {
            follower.stdout().contains(&path).then_some(())
        });
    }
    assert_eq!(follower.ended(), None);
    // Whoever starts tests in the background has them ignore SIGINT.
    follower.signal(Signal::TERM);
    let finished = follower.finish();
    assert!(!finished.status.success());
    let two = script.replace(".head(1)", ".stream()");
    let finished = agent.run(&two, "json");
    assert!(
        finished.stderr.contains("`live` and `first` are streams"),
        "{finished:?}"
    );
    assert!(agent.px_is_answered());
}

#[test]
fn a_revoked_key_ends_what_it_follows() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    let key = agent.api_key(&["create", "follower"]);
    let listed = agent.api_key(&["list", "-o", "json"]);
    let listed: serde_json::Value = serde_json::from_str(listed.trim()).expect("one key");
    let id = listed["id"].as_str().expect("an id");
    let script = "import px\npx.display(px.DataFrame('http_events').stream(), 'live')\n";
    let file = scene.write("stream.pxl", script);
    let mut command = agent.px(&["run", "--api-key", key.trim(), "-o", "json", "-f"]);
    let mut follower = scene.start("follow", command.arg(&file));
    assert_eq!(get(server.address(), "/page").status, 200);
    wait_for("the row of the request", LIMIT, || {
        follower.stdout().contains("/page").then_some(())
    });
    assert_eq!(follower.ended(), None);
    // In the file of the keys, beside the agent.
    let _revoked = agent.api_key(&["revoke", id]);
    let finished = follower.finish_within(Duration::from_secs(5));
    assert_eq!(finished.code(), FAILED, "{finished:?}");
    assert!(
        finished.stderr.contains("API key was revoked"),
        "{finished:?}"
    );
}
