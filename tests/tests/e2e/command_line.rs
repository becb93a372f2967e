//! Commands, options, output forms and exit codes.

use nixie_e2e::{KernelObjects, PORT, Scene, Server, get, program, rows_of};
use rustix::process::Signal;
use std::fs;
use std::process::Command;

const FAILED: i32 = 1;
const WRONG_COMMAND_LINE: i32 = 2;
const NO_AGENT: i32 = 3;

#[test]
fn wrong_options_are_refused() {
    let scene = Scene::new();
    for (line, expected) in [
        (&["up", "--scope", "pod:x"][..], "expected `all`, `pid:N,N`"),
        (&["up", "--scope", "pid:abc"], "`abc` is not a process id"),
        (
            &["up", "--listen", "somewhere"],
            "invalid value 'somewhere'",
        ),
        (&["up", "--table-memory", "much"], "much"),
        (
            &["up", "--query-memory", "100KiB"],
            "expected at least 1048576 bytes",
        ),
        (&["up", "--no-such-option"], "--no-such-option"),
        (&["trace"], "<COMMAND>"),
        (
            &["trace", "--duration", "0", "--", "true"],
            "expected a number of seconds above 0",
        ),
        (&["run", "-o", "xml", "px/http_data"], "xml"),
        (&["rum"], "run"),
        (&[], "Usage: px"),
    ] {
        let finished = scene.run("px", &mut scene.px(line));
        assert_eq!(
            finished.code(),
            WRONG_COMMAND_LINE,
            "{line:?}: {finished:?}"
        );
        assert!(finished.stderr.contains(expected), "{line:?}: {finished:?}");
        assert_eq!(finished.stdout, "", "{line:?}");
    }
}

#[test]
fn without_an_agent_there_is_no_answer() {
    let scene = Scene::new();
    for line in [&["run", "px/http_data"][..], &["tables"]] {
        let mut command = scene.px(line);
        let finished = scene.run("px", command.arg("--data-dir").arg(scene.path("empty")));
        assert_eq!(finished.code(), NO_AGENT, "{finished:?}");
        assert!(
            finished.stderr.contains("error: no running agent found"),
            "{finished:?}"
        );
        assert!(
            finished.stderr.contains("hint: start one with `px up`"),
            "{finished:?}"
        );
    }
}

#[test]
fn only_root_may_trace() {
    let scene = Scene::new();
    // Where others can reach it.
    let binary = std::path::PathBuf::from(scene.px(&[]).get_program());
    let folder = tempfile::Builder::new()
        .prefix("nixie-e2e-")
        .tempdir()
        .unwrap();
    let copy = folder.path().join("px");
    fs::copy(binary, &copy).unwrap();
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o777);
    fs::set_permissions(folder.path(), open).unwrap();
    let arguments: [&[&str]; 2] = [
        &["up", "--listen", "127.0.0.1:0", "--data-dir"],
        &["trace", "-o"],
    ];
    for arguments in arguments {
        let mut command = Command::new(program("setpriv"));
        command.args([
            "--reuid",
            "65534",
            "--regid",
            "65534",
            "--clear-groups",
            "--",
        ]);
        command
            .arg(&copy)
            .args(arguments)
            .arg(folder.path().join(arguments[0]));
        if arguments[0] == "trace" {
            command.args(["--", "true"]);
        }
        let finished = scene.run("nobody", &mut command);
        assert_eq!(finished.code(), FAILED, "{finished:?}");
        let expected = "error: privileges: found effective capabilities 0x0, needs root";
        assert!(finished.stderr.contains(expected), "{finished:?}");
        assert!(
            finished.stderr.contains("hint: run it with sudo"),
            "{finished:?}"
        );
    }
}

/// Each command takes away what px needs, from itself only, before it becomes px.
#[test]
fn machines_that_lack_something_are_told() {
    let scene = Scene::new();
    let no_types = r#"mount -t tmpfs none /sys/kernel/btf && exec "$@""#;
    let cases: [(&[&str], &str); 2] = [
        (
            &["--mount", "sh", "-c", no_types, "sh"],
            "kernel type information: found no `/sys/",
        ),
        (&["--pid", "--fork", "--"], "pid namespace: found pid:["),
    ];
    for (without, expected) in cases {
        let mut command = Command::new(program("unshare"));
        let px = scene.px(&["up", "--listen", "127.0.0.1:0", "--data-dir"]);
        command
            .args(without)
            .arg(px.get_program())
            .args(px.get_args());
        let finished = scene.run("lacking", command.arg(scene.path("agent")));
        assert_eq!(finished.code(), FAILED, "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
        assert!(finished.stderr.contains("needs") && finished.stderr.contains("hint: "));
    }
}

#[test]
fn other_machines_are_let_in_only_with_tls_and_a_key() {
    let scene = Scene::new();
    for address in ["0.0.0.0:4747", "[::]:4747", "10.0.0.1:4747"] {
        let mut command = scene.px(&["up", "--listen", address, "--data-dir"]);
        let finished = scene.run("up", command.arg(scene.path("agent")));
        assert!(
            [FAILED, WRONG_COMMAND_LINE].contains(&finished.code()),
            "{finished:?}"
        );
        assert!(finished.stderr.contains("loopback"), "{finished:?}");
        assert!(
            finished.stderr.contains("--tls-self-signed"),
            "{finished:?}"
        );
    }
    let mut command = scene.px(&["up", "--listen", "0.0.0.0:4747", "--tls-self-signed"]);
    let finished = scene.run("up", command.arg("--data-dir").arg(scene.path("agent")));
    assert_eq!(finished.code(), FAILED, "{finished:?}");
    assert!(
        finished.stderr.contains("px api-key create"),
        "{finished:?}"
    );
}

#[test]
fn api_keys_are_created_listed_and_revoked() {
    let scene = Scene::new();
    let run = |arguments: &[&str]| {
        let mut command = scene.px(&["api-key"]);
        scene.run(
            "api-key",
            command
                .args(arguments)
                .arg("--state-dir")
                .arg(scene.path("state")),
        )
    };
    let listed = run(&["list"]);
    assert_eq!(listed.code(), FAILED, "{listed:?}");
    assert!(listed.stderr.contains("no state folder"), "{listed:?}");
    assert!(!scene.path("state").try_exists().unwrap());
    let created = run(&["create", "the dashboards", "--role", "editor"]);
    assert!(created.stdout.starts_with("px-api-") && created.stdout.lines().count() == 1);
    assert!(
        created.stderr.contains("it is not shown again"),
        "{created:?}"
    );
    let listed = run(&["list"]).success();
    let line = listed.lines().nth(1).unwrap();
    assert!(
        line.contains("editor") && line.ends_with("the dashboards"),
        "{listed}"
    );
    let id = line.split(' ').next().unwrap();
    assert!(run(&["revoke", id]).success().is_empty());
    let again = run(&["revoke", id]);
    assert_eq!(again.code(), FAILED, "{again:?}");
    assert!(
        again.stderr.contains("hint: see `px api-key list`"),
        "{again:?}"
    );
    let wrong = run(&["create", "x", "--role", "root"]);
    assert_eq!(wrong.code(), WRONG_COMMAND_LINE, "{wrong:?}");
    assert!(
        wrong
            .stderr
            .contains("expected `viewer`, `editor` or `admin`"),
        "{wrong:?}"
    );
}

#[test]
fn scopes_that_are_not_there_are_refused() {
    let scene = Scene::new();
    for (scope, expected) in [
        ("pid:4194304", "scope `pid:4194304`: no such process"),
        ("cgroup:/no/such/cgroup", "/no/such/cgroup"),
    ] {
        let mut command = scene.px(&["up", "--listen", "127.0.0.1:0", "--scope", scope]);
        let finished = scene.run("up", command.arg("--data-dir").arg(scene.path("agent")));
        assert_eq!(finished.code(), FAILED, "{finished:?}");
        assert!(finished.stderr.contains(expected), "{finished:?}");
        let files = fs::read_dir(scene.path("agent")).unwrap();
        let left: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        // What outlives agents is made before anything is traced.
        assert_eq!(left, ["state"]);
    }
}

#[test]
fn results_come_as_table_json_and_csv() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let agent = scene.up(&server.scope());
    assert_eq!(get(server.address(), "/a,\"b\"").status, 200);
    assert_eq!(agent.wait_for_requests(1).len(), 1);
    let script = "import px\ndf = px.DataFrame('http_events')\n\
        px.display(df[['req_method', 'req_path', 'resp_status']], 'one')\n\
        px.display(df[['resp_status']], 'two')\n";
    let json = agent.run(script, "json").success();
    assert_eq!(
        rows_of("one", "_tableName_", &json)[0].text("req_path"),
        "/a,\"b\""
    );
    assert_eq!(
        rows_of("two", "_tableName_", &json)[0].number("resp_status"),
        200
    );
    let csv = agent.run(script, "csv").success();
    let expected = "table_id,req_method,req_path,resp_status\none,GET,\"/a,\"\"b\"\"\",200\n\
         table_id,resp_status\ntwo,200\n";
    assert_eq!(csv.replace('\r', ""), expected);
    assert_eq!(agent.run(script, "null").success(), "");
    let table = agent.run(script, "table").success();
    for text in ["one", "two", "REQ_PATH", "/a,\"b\"", "200"] {
        assert!(table.contains(text), "no `{text}` in: {table}");
    }
    let named = scene
        .run("run", &mut agent.px(&["run", "px/http_data", "-o", "json"]))
        .success();
    assert!(named.contains("/a,"), "{named}");
}

#[test]
fn tables_and_their_columns_are_listed() {
    let scene = Scene::new();
    let idle = scene.idle();
    let agent = scene.up(&format!("pid:{}", idle.pid()));
    let list = scene.run("tables", &mut agent.px(&["tables"])).success();
    let names = [
        "http_events",
        "process_stats",
        "conn_stats",
        "proc_exit_events",
        "stirling_error",
        "probe_status",
        "agent_status",
    ];
    for name in names {
        assert!(
            list.lines().any(|line| line.starts_with(name)),
            "no `{name}` in: {list}"
        );
    }
    let json = scene
        .run("tables", &mut agent.px(&["tables", "-o", "json"]))
        .success();
    assert_eq!(rows_of("http_events", "name", &json).len(), 1, "{json}");
    let columns = scene
        .run("tables", &mut agent.px(&["tables", "http_events"]))
        .success();
    for name in ["time_", "upid", "req_path", "latency"] {
        assert!(
            columns.lines().any(|line| line.starts_with(name)),
            "no `{name}` in: {columns}"
        );
    }
    let unknown = scene.run("tables", &mut agent.px(&["tables", "no_such_table"]));
    assert_eq!(unknown.code(), FAILED, "{unknown:?}");
    assert!(
        unknown.stderr.contains("table `no_such_table` not found"),
        "{unknown:?}"
    );
    assert!(unknown.stderr.contains("http_events"), "{unknown:?}");
}

#[test]
fn an_interrupted_agent_leaves_nothing_behind() {
    for signal in [Signal::INT, Signal::TERM] {
        let scene = Scene::new();
        let idle = scene.idle();
        let agent = scene.up(&format!("pid:{}", idle.pid()));
        let folder = agent.folder().clone();
        assert!(fs::read_dir(&folder).unwrap().count() >= 2);
        let objects = KernelObjects::of(agent.process().pid());
        assert!(
            !objects.programs.is_empty() && objects.remaining() == objects,
            "{objects:?}"
        );
        agent.process().signal(signal);
        let finished = agent.finish();
        assert_eq!(finished.code(), 0, "{finished:?}");
        let files = fs::read_dir(&folder).unwrap();
        let left: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
        // What outlives agents.
        assert_eq!(left, ["state"]);
        nixie_e2e::wait("its objects are gone", || {
            objects.remaining() == KernelObjects::default()
        });
    }
}
