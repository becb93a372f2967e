//! `px trace`: the command's exit code, its end, and rows of clients.

use nixie_e2e::{PORT, Scene, Server, program, rows_of, wait};
use rustix::process::Signal;
use std::fs;
use std::time::{Duration, Instant};

const ROLE_CLIENT: i64 = 1;

#[test]
fn exits_as_its_command_does() {
    let scene = Scene::new();
    let not_a_program = scene.write("text", "not a program").display().to_string();
    for (command, code) in [
        (&["sh", "-c", "exit 7"][..], 7),
        (&["true"], 0),
        (&["sh", "-c", "kill -TERM $$"], 143),
        (&["no-such-program"], 127),
        (&[not_a_program.as_str()], 126),
    ] {
        let mut trace = scene.px(&["trace", "-o", "/dev/null", "--"]);
        let finished = scene.run("trace", trace.args(command));
        assert_eq!(finished.code(), code, "{command:?}: {finished:?}");
    }
}

#[test]
fn ends_its_command_after_the_duration() {
    let scene = Scene::new();
    let start = Instant::now();
    let mut trace = scene.px(&["trace", "--duration", "1", "--", "sleep", "60"]);
    let finished = scene.run("trace", &mut trace);
    assert_eq!(finished.code(), 0, "{finished:?}");
    assert!(start.elapsed() >= Duration::from_secs(1));
    // The rows are on standard output.
    let ends = rows_of("proc_exit_events", "table", &finished.stdout);
    assert!(
        ends.iter().any(|row| row.number("signal") == 15),
        "{ends:?}"
    );
}

#[test]
fn passes_an_interrupt_on_and_keeps_what_it_saw() {
    let scene = Scene::new();
    let rows = scene.path("rows.json");
    let mut trace = scene.px(&["trace", "-o"]);
    trace
        .arg(&rows)
        .args(["--", "sh", "-c", "echo begun; true | cat; exec sleep 60"]);
    let trace = scene.start("trace", &mut trace);
    wait("the command has begun", || trace.stdout().contains("begun"));
    trace.signal(Signal::INT);
    let finished = trace.finish();
    assert_eq!(finished.code(), 130, "{finished:?}");
    let ends = rows_of(
        "proc_exit_events",
        "table",
        &fs::read_to_string(rows).unwrap(),
    );
    assert!(ends.iter().any(|row| row.number("signal") == 2), "{ends:?}");
}

#[test]
fn sees_the_requests_of_a_client() {
    let scene = Scene::new();
    let server = Server::python(&scene, PORT);
    let url = format!("http://{}/of-a-client", server.address());
    let mut trace = scene.px(&["trace", "-o"]);
    let rows = scene.path("rows.json");
    trace
        .arg(&rows)
        .arg("--")
        .arg(program("curl"))
        .args(["-s", &url]);
    let output = scene.run("trace", &mut trace).success();
    assert_eq!(output, "answer to /of-a-client");
    let rows = rows_of("http_events", "table", &fs::read_to_string(rows).unwrap());
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].number("trace_role"), ROLE_CLIENT);
    assert_eq!(rows[0].number("remote_port"), i64::from(PORT));
    assert_eq!(rows[0].text("resp_body"), output);
}

#[test]
fn refuses_a_file_that_it_cannot_write() {
    let scene = Scene::new();
    let marker = scene.path("marker");
    let mut trace = scene.px(&["trace", "-o", "/no/such/folder/rows.json", "--", "touch"]);
    let finished = scene.run("trace", trace.arg(&marker));
    assert_eq!(finished.code(), 1, "{finished:?}");
    assert!(
        finished
            .stderr
            .contains("cannot write to `/no/such/folder/rows.json`")
    );
    assert!(!marker.is_file(), "the command was run");
}
