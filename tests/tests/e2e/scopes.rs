//! What is in scope is traced, and nothing else.

use crate::check::rows_tell_of;
use nixie_e2e::{Agent, Connection, PORT, Scene, Server, get, program, wait, workload};
use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

const OUTSIDE_PORT: u16 = PORT + 1;

/// Makes requests inside and outside of the scope in turn, and expects the inner ones only.
fn only_inside_is_seen(agent: &Agent<'_>, inside: SocketAddr, outside: SocketAddr) {
    let mut answers = Vec::new();
    for number in 0..10 {
        assert_eq!(get(outside, &format!("/outside/{number}")).status, 200);
        answers.push(get(inside, &format!("/inside/{number}")));
    }
    rows_tell_of(&answers, &agent.wait_for_requests(answers.len()));
    let script = "import px\ndf = px.DataFrame('conn_stats')\npx.display(df, 'out')\n";
    let roles = agent.rows(script);
    assert!(
        roles.iter().all(|row| row.number("trace_role") == 2),
        "{roles:?}"
    );
}

/// A cgroup of the test's own, in the unified hierarchy. Dropping it removes it.
struct Cgroup(PathBuf);

impl Cgroup {
    fn new() -> Self {
        let mounts = fs::read_to_string("/proc/self/mounts").unwrap();
        let mount = mounts.lines().find_map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            (words[2] == "cgroup2").then(|| words[1].to_owned())
        });
        let mount = mount.expect("no cgroup2 file system; run: mount -t cgroup2 none /mnt");
        let path = Path::new(&mount).join(format!("nixie-e2e-{}", std::process::id()));
        fs::create_dir(&path).unwrap();
        Self(path)
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // The last process leaves it a moment after its end.
        wait("the cgroup is empty", || fs::remove_dir(&self.0).is_ok());
    }
}

/// Returns a command that serves once it has moved itself into a cgroup.
fn python_in(cgroup: &Path, port: u16) -> Command {
    let mut command = Command::new("sh");
    command.args([
        "-c",
        r#"echo $$ > "$1/cgroup.procs" && shift && exec "$@""#,
        "sh",
    ]);
    command.arg(cgroup).arg(program("python3"));
    command.arg(workload("server.py")).arg(port.to_string());
    command
}

#[test]
fn a_cgroup_and_those_below_it() {
    let scene = Scene::new();
    let cgroup = Cgroup::new();
    let below = cgroup.0.join("below");
    fs::create_dir(&below).unwrap();
    let below = Cgroup(below);
    let outside = Server::python(&scene, OUTSIDE_PORT);
    let first = Server::start(
        &scene,
        "first",
        &mut python_in(&below.0, PORT + 2),
        PORT + 2,
    );
    let agent = scene.up(&format!("cgroup:{}", cgroup.0.display()));
    assert_eq!(get(first.address(), "/below").status, 200);
    let rows = agent.wait_for_requests(1);
    assert_eq!(rows[0].text("req_path"), "/below");
    drop(first);
    assert_eq!(agent.interrupt().code(), 0);
    // Again, with a process that comes into the cgroup after the start.
    let agent = scene.up(&format!("cgroup:{}", cgroup.0.display()));
    let inside = Server::start(&scene, "inside", &mut python_in(&cgroup.0, PORT), PORT);
    only_inside_is_seen(&agent, inside.address(), outside.address());
}

#[test]
fn an_executable_by_name_present_and_future() {
    let scene = Scene::new();
    // A name that no other program of this machine has.
    let name = format!("nixie-e2e-{}", std::process::id());
    let copy = scene.path(&name);
    fs::copy(program("nginx"), &copy).unwrap();
    let start = |port| {
        let arguments = Server::nginx_arguments(&scene, port);
        Server::start(&scene, "copy", Command::new(&copy).args(arguments), port)
    };
    let outside = Server::nginx(&scene, OUTSIDE_PORT);
    let present = start(PORT);
    let agent = scene.up(&format!("exe:{name}"));
    only_inside_is_seen(&agent, present.address(), outside.address());
    let future = start(PORT + 2);
    assert_eq!(get(future.address(), "/future").status, 200);
    let rows = agent.wait_for_requests(11);
    assert!(
        rows.iter().any(|row| row.text("req_path") == "/future"),
        "{rows:?}"
    );
}

#[test]
fn a_process_with_descendants_of_the_future() {
    let scene = Scene::new();
    let outside = Server::python(&scene, OUTSIDE_PORT);
    // The shell forks another one for the server, so that the server is a grandchild.
    let script = r#"read line; sh -c '"$@"; true' sh "$@"; true"#;
    let mut shell = Command::new("sh");
    shell.args(["-c", script, "sh"]).arg(program("python3"));
    shell.arg(workload("server.py")).arg(PORT.to_string());
    let mut shell = scene.start("shell", &mut shell);
    let agent = scene.up(&format!("pid:{}", shell.pid()));
    shell.take_stdin().write_all(b"go\n").unwrap();
    let inside = SocketAddr::from(([127, 0, 0, 1], PORT));
    wait("the grandchild listens", || {
        Connection::try_open(inside).is_some()
    });
    only_inside_is_seen(&agent, inside, outside.address());
}
