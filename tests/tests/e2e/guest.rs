//! The whole host, with no scope, in a machine of its own: the only place where nobody else is in
//! sight. The kernels are those of this distribution; on Debian 12 they are two that see bytes in
//! different ways: before Linux 6.5 system calls tell what they move, from then on sockets do.

use nixie_e2e::{Guest, LIMIT, Row, Scene, guest_kernels, rows_of, wait_for};
use std::collections::BTreeSet;
use std::path::Path;

/// Requests of each of three kinds.
const REQUESTS: usize = 10;

const SITE: &str = "http://127.0.0.1";

/// The value of `trace_role` for the side of servers.
const SERVER: i64 = 2;

/// The value of `protocol` where none was looked for.
const UNKNOWN: i64 = 0;

const REQUEST_ROWS: &str = "SELECT upid_to_comm(upid) AS comm, req_method, req_path, resp_status, \
     trace_role, remote_addr, local_port, latency FROM http_events";

/// Method, path and status.
type Request = (String, String, i64);

#[test]
fn the_whole_host_is_seen_on_each_kernel() {
    let kernels = guest_kernels();
    std::thread::scope(|scope| {
        for kernel in &kernels {
            scope.spawn(move || whole_host(kernel));
        }
    });
}

/// Returns the programs by which a kernel is told what moves.
fn programs_of(release: &str) -> &'static [&'static str] {
    let mut numbers = release.split('.').map(str::parse);
    let (Some(Ok(major)), Some(Ok(minor))) = (numbers.next(), numbers.next()) else {
        panic!("`{release}` is no release of Linux");
    };
    match (major, minor) {
        (0..=4, _) | (5, 0..17) => &["tp__sys_exit_old"],
        (5, _) | (6, 0..5) => &["tp__sys_exit"],
        _ => &[
            "cgroup__recvmsg4",
            "cgroup__recvmsg6",
            "tp__sock_recv_length",
            "tp__sock_send_length",
        ],
    }
}

/// Traces everything in a guest, and expects what happened there: no less and no more.
fn whole_host(kernel: &Path) {
    let scene = Scene::new();
    let mut guest = Guest::boot(&scene, kernel);
    let release = guest.run("uname -r");
    eprintln!("guest with Linux {release}");
    let programs = programs_of(&release);
    serve(&mut guest);
    open_old_connection(&mut guest);
    guest.run("(px up 2>&1 | tee /run/up.log >&2 &)");
    guest.wait("grep -q 'px is up on' /run/up.log");
    the_way_is(&mut guest, programs);
    let expected = make_requests(&mut guest);
    requests_are(&mut guest, &expected);
    the_script_of_the_host_counts(&mut guest, expected.len());
    nothing_was_lost(&mut guest);
    all_processes_have_samples(&mut guest);
    the_agent_is_not_in_sight(&mut guest);
    guest.run("kill -INT $(pidof px)");
    guest.wait("! pidof px");
    guest.power_off();
}

/// Starts a server; busybox's forks for each connection.
fn serve(guest: &mut Guest) {
    guest.run("mkdir -p /www/page");
    let last = REQUESTS - 1;
    guest.run(&format!(
        "for n in $(seq 0 {last}); do echo text $n > /www/page/$n; done"
    ));
    guest.run("(httpd -f -p 127.0.0.1:80 -h /www &)");
    guest.wait(&format!("wget -q -O /dev/null {SITE}/page/0"));
    guest.wait("[ $(pidof httpd | wc -w) -eq 1 ]");
}

/// Opens a connection without a request on it.
fn open_old_connection(guest: &mut Guest) {
    guest.run("mkfifo /run/old");
    // Holds the pipe open, and with it the connection.
    guest.run("(sleep 600 > /run/old &)");
    guest.run("(nc 127.0.0.1 80 < /run/old > /run/old.answer &)");
    // The server has accepted it once there is a process for it.
    guest.wait("[ $(pidof httpd | wc -w) -eq 2 ]");
}

/// Makes requests, and returns method, path and status of each.
fn make_requests(guest: &mut Guest) -> Vec<Request> {
    let wget = format!("for n in $(seq 0 {}); do wget -q -O -", REQUESTS - 1);
    let bodies = guest.run(&format!("{wget} {SITE}/page/$n; done"));
    let texts: String = (0..REQUESTS).map(|n| format!("text {n}\n")).collect();
    assert_eq!(bodies, texts);
    guest.run(&format!("{wget} {SITE}/missing/$n && exit 1; done; true"));
    guest.run(&format!(
        "{wget} --post-data a=$n {SITE}/page/$n && exit 1; done; true"
    ));
    guest.run(r"printf 'GET /page/0?old HTTP/1.1\r\nHost: guest\r\n\r\n' > /run/old");
    guest.wait("grep -q 'text 0' /run/old.answer");
    let kinds = [
        ("GET", "/page", 200),
        ("GET", "/missing", 404),
        // busybox takes forms for programs only.
        ("POST", "/page", 501),
    ];
    let request = |method: &str, path: String, status| (method.to_owned(), path, status);
    let mut expected = vec![request("GET", "/page/0?old".to_owned(), 200)];
    for (method, folder, status) in kinds {
        expected.extend((0..REQUESTS).map(|n| request(method, format!("{folder}/{n}"), status)));
    }
    expected.sort();
    expected
}

/// Expects a row for each request, of the server's side, and no other row.
fn requests_are(guest: &mut Guest, expected: &[Request]) {
    let rows = wait_for("a row for each request", LIMIT, || {
        let rows = ask(guest, REQUEST_ROWS);
        (rows.len() >= expected.len()).then_some(rows)
    });
    for row in &rows {
        assert_eq!(row.text("comm"), "httpd", "{row:?}");
        assert_eq!(row.number("trace_role"), SERVER, "{row:?}");
        assert_eq!(row.text("remote_addr"), "127.0.0.1", "{row:?}");
        assert_eq!(row.number("local_port"), 80, "{row:?}");
        assert!(row.number("latency") > 0, "{row:?}");
    }
    let request = |row: &Row| {
        let (method, path) = (row.text("req_method"), row.text("req_path"));
        (
            method.to_owned(),
            path.to_owned(),
            row.number("resp_status"),
        )
    };
    let mut found: Vec<Request> = rows.iter().map(request).collect();
    found.sort();
    assert_eq!(found, expected);
}

/// Expects what `px/host` shows of the server: PxL on a host without Kubernetes.
fn the_script_of_the_host_counts(guest: &mut Guest, requests: usize) {
    let lines = guest.run("px run -o json px/host");
    let rows = rows_of("requests", "_tableName_", &lines);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0].text("process"), "httpd", "{rows:?}");
    assert_eq!(rows[0].text("role"), "server", "{rows:?}");
    assert_eq!(rows[0].number("requests"), i64::try_from(requests).unwrap());
}

/// Expects those programs and no others of the two ways to see bytes, all attached.
fn the_way_is(guest: &mut Guest, programs: &[&str]) {
    let rows = ask(guest, "SELECT tracepoint, status, info FROM probe_status");
    let mut ways: Vec<&str> = Vec::new();
    for row in &rows {
        assert_eq!(row.number("status"), 0, "{row:?}");
        assert!(row.text("info").contains(r#""attached":true"#), "{row:?}");
        let name = row.text("tracepoint");
        // Those of processes and of TCP's states are in both.
        if !name.starts_with("tp__sched_process_") && name != "tp__inet_sock_set_state" {
            ways.push(name);
        }
    }
    ways.sort_unstable();
    assert_eq!(ways, programs);
}

/// Expects that a report later than all requests tells of no loss.
fn nothing_was_lost(guest: &mut Guest) {
    const QUERY: &str = "SELECT name, value FROM agent_status WHERE \
         time_ > (SELECT max(time_) FROM http_events) AND \
         (name LIKE '%lost%' OR name LIKE '%dropped%' OR name = 'events')";
    let rows = wait_for("a report behind all requests", LIMIT, || {
        let rows = ask(guest, QUERY);
        (!rows.is_empty()).then_some(rows)
    });
    for row in rows {
        let is_loss = row.text("name") != "events";
        assert_eq!(row.number("value") == 0, is_loss, "{row:?}");
    }
}

/// Expects samples of every process that lives on, of the kernel's threads too.
fn all_processes_have_samples(guest: &mut Guest) {
    const QUERY: &str = "SELECT DISTINCT upid_to_pid(upid) AS pid FROM process_stats";
    let pids = |guest: &mut Guest| -> BTreeSet<i64> {
        let text = guest.run("cd /proc && ls -1d [0-9]*");
        text.lines().map(|line| line.parse().unwrap()).collect()
    };
    // Some may have been started just now.
    wait_for("samples of all processes", LIMIT, || {
        let before = pids(guest);
        let rows = ask(guest, QUERY);
        let sampled: BTreeSet<i64> = rows.iter().map(|row| row.number("pid")).collect();
        let living = &before & &pids(guest);
        assert!(living.len() > 10, "{living:?}");
        living.is_subset(&sampled).then_some(())
    });
}

/// Expects no connection of the agent, though it has answered all these queries; of those who made
/// them no more than that they were connected.
fn the_agent_is_not_in_sight(guest: &mut Guest) {
    const QUERY: &str = "SELECT upid_to_pid(upid) AS pid, protocol FROM conn_stats \
         WHERE upid_to_comm(upid) = 'px'";
    let agent: i64 = guest.run("pidof px").trim().parse().unwrap();
    let rows = ask(guest, QUERY);
    assert!(!rows.is_empty());
    for row in rows {
        assert_ne!(row.number("pid"), agent, "{row:?}");
        assert_eq!(row.number("protocol"), UNKNOWN, "{row:?}");
    }
}

fn ask(guest: &mut Guest, query: &str) -> Vec<Row> {
    let lines = guest.run(&format!("px sql -o json \"{query}\""));
    rows_of("output", "_tableName_", &lines)
}
