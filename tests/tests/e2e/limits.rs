//! What does not fit: tables that are full, and an agent that cannot keep up.

use crate::check::long_path;
use nixie_e2e::{Agent, Connection, PORT, Scene, Server, get, program, wait, wait_for};
use nixie_types::clock;
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::fs;
use std::process::Command;
use std::time::Duration;

const RECENT: &str =
    "import px\ndf = px.DataFrame('http_events', start_time='-5m')\npx.display(df, 'out')\n";

/// LIMIT: growth of an agent whose tables hold no more than a few megabytes.
const GROWTH_BYTES_MAX: u64 = 64 << 20;

#[test]
fn a_full_table_drops_its_oldest_rows_and_says_so() {
    const REQUESTS: usize = 2000;
    let scene = Scene::new();
    let server = Server::nginx(&scene, PORT);
    let agent = scene.up_with(&server.scope(), &["--table-memory", "4MiB"]);
    let mut connection = Connection::open(server.address());
    let _first = connection.get("/first");
    assert_eq!(agent.wait_for_requests(1).len(), 1);
    let before = agent.process().resident_bytes();
    for number in 0..REQUESTS {
        let _answer = connection.get(&long_path(number));
    }
    let last = long_path(REQUESTS - 1);
    let rows = wait_for("the last row", nixie_e2e::LIMIT, || {
        let rows = agent.requests();
        rows.iter()
            .any(|row| row.text("req_path") == last)
            .then_some(rows)
    });
    // What is left is the newest without a hole.
    assert!(
        rows.len() > 10 && rows.len() < REQUESTS,
        "{} rows",
        rows.len()
    );
    let paths: BTreeSet<&str> = rows.iter().map(|row| row.text("req_path")).collect();
    let newest: BTreeSet<String> = (REQUESTS - rows.len()..REQUESTS).map(long_path).collect();
    assert!(
        paths.iter().copied().eq(newest.iter().map(String::as_str)),
        "{paths:?}"
    );
    let growth = agent.process().resident_bytes().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    let table = agent.run(RECENT, "table").success();
    let note = table.lines().last().unwrap_or_default();
    assert!(note.starts_with("incomplete: rows up to "), "{note}");
    assert!(
        note.ends_with("may have been evicted to make room"),
        "{note}"
    );
    // For programs it is apart from the rows.
    let json = agent.run(RECENT, "json");
    assert!(
        json.stderr.contains("out: incomplete: rows up to "),
        "{}",
        json.stderr
    );
    assert!(!json.stdout.contains("incomplete"));
    assert_eq!(agent.interrupt().code(), 0);
}

#[test]
fn too_little_memory_is_refused() {
    let scene = Scene::new();
    let mut command = scene.px(&["up", "--table-memory", "100KiB", "--listen", "127.0.0.1:0"]);
    let finished = scene.run("up", command.arg("--data-dir").arg(scene.path("agent")));
    assert_eq!(finished.code(), 1, "{finished:?}");
    assert!(finished.stderr.contains("too small"), "{finished:?}");
}

/// Returns a CPU that this process may use.
fn one_cpu() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))
        .unwrap();
    list.trim().split([',', '-']).next().unwrap().to_owned()
}

/// Returns true if there is a row of a request of the last moments.
fn has_recent(agent: &Agent<'_>, path: &str) -> bool {
    let script = format!(
        "import px\ndf = px.DataFrame('http_events', start_time='-5s')\n\
         df = df[df.req_path == '{path}']\npx.display(df, 'out')\n"
    );
    let is_there = || !agent.rows(&script).is_empty();
    // A row takes a fraction of a second from the ring to the table.
    (0..10).any(|_| is_there())
}

#[test]
fn an_agent_that_stands_still_tells_what_it_lost() {
    let scene = Scene::new();
    // On one CPU, so that events behind the loss show all of it.
    let mut nginx = Command::new(program("taskset"));
    nginx.args(["--cpu-list", &one_cpu()]).arg(program("nginx"));
    let nginx = nginx.args(Server::nginx_arguments(&scene, PORT));
    let server = Server::start(&scene, "nginx", nginx, PORT);
    let agent = scene.up(&server.scope());
    let mut wrk = Command::new(program("wrk"));
    let url = format!("http://127.0.0.1:{PORT}/large/x");
    let wrk = scene.start("wrk", wrk.args(["-t1", "-c4", "-d3s", &url]));
    agent.process().signal(Signal::STOP);
    // Its end is the condition: all of the load falls into the pause.
    let report = wrk.finish().success();
    agent.process().signal(Signal::CONT);
    // The ring is full until the agent has read from it, so that the first ones may be lost too.
    let mut number = 0;
    wait("a row behind the loss", || {
        let path = format!("/after/{number}");
        let _answer = get(server.address(), &path);
        number += 1;
        has_recent(&agent, &path)
    });
    // Nothing goes on any more: what no later event shows, the CPUs' own counts show in seconds.
    let mut seen_ns = clock::now_ns();
    let limit = Duration::from_secs(30);
    let lost = wait_for("a report of the whole loss", limit, || {
        let counters = agent.report_after(seen_ns)?;
        seen_ns = clock::now_ns();
        let counter = |stage: &str, name: &str| counters[&(stage.to_owned(), name.to_owned())];
        let (seen, lost) = (
            counter("collector", "events"),
            counter("kernel", "lost_ring_full"),
        );
        assert!(lost > 0, "the load did not fill the ring: {report}");
        assert_eq!(counter("kernel", "events_sent"), seen);
        let known = counter("collector", "events_lost_ring_full");
        assert!(known <= lost, "{known} of {lost}");
        let accounted = counter("collector", "events_accounted");
        (known == lost && accounted == seen + lost).then_some(lost)
    });
    let table = agent.run(RECENT, "csv");
    let expected = format!("out: incomplete: {lost} events lost: ring buffer full");
    assert!(
        table.stderr.contains(&expected),
        "expected `{expected}`: {}",
        table.stderr
    );
    assert_eq!(agent.interrupt().code(), 0);
}
