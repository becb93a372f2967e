//! Connections that are used in every way but the plain one.

use crate::recorder::Recorder;
use crate::workload::{script, trace_with};
use std::sync::Arc;

/// Runs a workload twice: sockets tell what passes, and calls do.
fn run(name: &str, check: impl Fn(&Recorder)) {
    for socket_hooks in [true, false] {
        check(&run_one_way(name, socket_hooks));
    }
}

fn run_one_way(name: &str, socket_hooks: bool) -> Arc<Recorder> {
    let arguments = [&script("connections.py"), name];
    let (recorder, _, code) = trace_with("python3", &arguments, |config| {
        config.features.socket_hooks = socket_hooks;
    });
    assert_eq!(code, 0, "{name}");
    assert_eq!(recorder.dropped(), [], "{name}");
    recorder
}

/// Runs a workload that makes one exchange, seen from the server.
fn one_exchange(name: &str, check: impl Fn(&Recorder)) {
    run(name, |recorder| {
        assert_eq!(
            recorder.texts("http_events", "req_path"),
            [format!("/{name}")]
        );
        assert_eq!(recorder.numbers("http_events", "resp_status"), [200]);
        assert_eq!(recorder.numbers("http_events", "trace_role"), [2]);
        assert_eq!(recorder.texts("http_events", "resp_body"), ["ok"]);
        check(recorder);
    });
}

#[test]
fn ipv6_addresses_are_text() {
    one_exchange("ipv6", |recorder| {
        assert_eq!(recorder.texts("http_events", "remote_addr"), ["::1"]);
        assert_eq!(recorder.texts("http_events", "local_addr"), ["::1"]);
        assert!(
            recorder
                .numbers("conn_stats", "addr_family")
                .iter()
                .all(|&family| family == 2)
        );
    });
}

#[test]
fn a_mapped_address_reads_as_ipv4() {
    one_exchange("mapped", |recorder| {
        assert_eq!(recorder.texts("http_events", "remote_addr"), ["127.0.0.1"]);
        assert_eq!(recorder.texts("http_events", "local_addr"), ["127.0.0.1"]);
        assert!(
            recorder
                .numbers("conn_stats", "addr_family")
                .iter()
                .all(|&family| family == 1)
        );
    });
}

#[test]
fn unix_sockets_are_traced_and_named_by_path() {
    run("unix", |recorder| {
        let paths = recorder.texts("http_events", "req_path");
        assert!(
            !paths.is_empty() && paths.iter().all(|path| path == "/unix"),
            "{paths:?}"
        );
        let locals = recorder.texts("http_events", "local_addr");
        assert!(
            locals
                .iter()
                .any(|addr| addr.starts_with("unix:/tmp/px-test-")),
            "{locals:?}"
        );
        assert!(recorder.numbers("conn_stats", "addr_family").contains(&3));
    });
}

#[test]
fn a_unix_socket_goes_on_when_one_of_its_descriptors_is_closed() {
    run("unix_forked", |recorder| {
        let locals = recorder.texts("http_events", "local_addr");
        assert!(
            locals
                .iter()
                .any(|addr| addr.starts_with("unix:/tmp/px-test-")),
            "{locals:?}"
        );
        assert_eq!(recorder.status("connections", "events_without_open"), 0);
    });
}

#[test]
fn a_connection_can_change_its_thread() {
    one_exchange("handover", |_| ());
}

#[test]
fn a_connection_can_change_its_descriptor() {
    one_exchange("duplicated", |_| ());
}

#[test]
fn a_descriptor_can_change_its_connection() {
    run("reused", |recorder| {
        let expected: Vec<String> = (0..5).map(|number| format!("/reused/{number}")).collect();
        assert_eq!(recorder.texts("http_events", "req_path"), expected);
        let opened: i64 = last_per_role(recorder, "conn_open", 2);
        let closed: i64 = last_per_role(recorder, "conn_close", 2);
        assert_eq!((opened, closed), (5, 5));
    });
}

#[test]
fn a_forked_child_can_answer() {
    one_exchange("inherited", |_| ());
}

#[test]
fn a_program_run_on_an_inherited_connection_can_answer() {
    one_exchange("executed", |_| ());
}

#[test]
fn an_answer_that_ends_with_the_connection_is_whole() {
    run("half_closed", |recorder| {
        assert_eq!(recorder.texts("http_events", "req_path"), ["/half_closed"]);
        assert_eq!(
            recorder.texts("http_events", "resp_body"),
            ["until the end"]
        );
    });
}

#[test]
fn a_silent_connection_counts() {
    run("silent", |recorder| {
        assert_eq!(recorder.texts("http_events", "req_path"), [""; 0]);
        assert_eq!(last_per_role(recorder, "conn_open", 1), 1);
        assert_eq!(last_per_role(recorder, "conn_close", 2), 1);
    });
}

#[test]
fn foreign_bytes_are_given_up_and_still_counted() {
    run("foreign", |recorder| {
        assert_eq!(recorder.texts("http_events", "req_path"), [""; 0]);
        let passed = 100 << 16;
        assert_eq!(last_per_role(recorder, "bytes_sent", 1), passed);
        assert_eq!(last_per_role(recorder, "bytes_recv", 2), passed);
        assert_eq!(recorder.status("connections", "given_up"), 2);
        let copied = recorder.status("kernel", "bytes_captured");
        assert!(
            copied < passed / 2,
            "{copied} bytes copied of a connection that means nothing"
        );
    });
}

#[test]
fn a_body_larger_than_what_is_copied_keeps_its_size_and_what_follows() {
    run("large", |recorder| {
        assert_eq!(
            recorder.texts("http_events", "req_path"),
            ["/large", "/after-large"]
        );
        assert_eq!(
            recorder.numbers("http_events", "resp_body_size"),
            [3_000_000, 2]
        );
        let bodies = recorder.texts("http_events", "resp_body");
        assert!(bodies[0].starts_with("xxxx") && bodies[0].ends_with("[TRUNCATED]"));
        assert!(recorder.status("kernel", "bytes_cut_by_budget") > 2_000_000);
    });
}

#[test]
fn bytes_that_go_into_a_pipe_leave_a_gap() {
    let recorder = run_one_way("spliced", true);
    // The body went past this process; what follows it is whole.
    assert_eq!(
        recorder.texts("http_events", "req_path"),
        ["/spliced", "/after-splice"]
    );
    let passed: i64 = recorder.numbers("http_events", "resp_body_size")[0];
    assert_eq!(passed, 100_000);
    assert!(recorder.status("kernel", "bytes_passed_unseen") > 0);
}

#[test]
fn datagrams_have_senders() {
    run("datagrams", |recorder| {
        for role in [1, 2] {
            assert_eq!(
                last_per_role(recorder, "bytes_sent", role),
                5 * 100,
                "{role}"
            );
            assert_eq!(
                last_per_role(recorder, "bytes_recv", role),
                5 * 100,
                "{role}"
            );
        }
        let addrs = recorder.texts("conn_stats", "remote_addr");
        assert!(
            addrs
                .iter()
                .all(|addr| addr == "127.0.0.1" || addr == "::1"),
            "{addrs:?}"
        );
    });
}

#[test]
fn what_holds_too_much_is_given_up_and_told() {
    let (recorder, _, code) = trace_with(
        "python3",
        &[&script("connections.py"), "unfinished", "handover"],
        |config| config.connection_limits.retained_bytes_max = 4 << 10,
    );
    assert_eq!(code, 0);
    assert!(recorder.status("connections", "given_up_over_memory") >= 1);
    // The other connections go on.
    assert_eq!(recorder.texts("http_events", "req_path"), ["/handover"]);
    let reasons: Vec<_> = recorder.losses().iter().map(|loss| loss.reason).collect();
    assert!(
        reasons.contains(&"connections held too much memory"),
        "{reasons:?}"
    );
}

#[test]
fn connections_beyond_the_limit_are_not_followed_and_told() {
    let (recorder, _, code) = trace_with(
        "python3",
        &[&script("connections.py"), "reused"],
        |config| config.connection_limits.count_max = 1,
    );
    assert_eq!(code, 0);
    assert!(recorder.status("connections", "dropped_over_limit") >= 5);
    let reasons: Vec<_> = recorder.losses().iter().map(|loss| loss.reason).collect();
    assert!(reasons.contains(&"too many connections"), "{reasons:?}");
}

#[test]
fn idle_datagram_sockets_are_let_go_of() {
    let (recorder, _, code) = trace_with(
        "python3",
        &[&script("connections.py"), "datagrams", "pause"],
        |config| config.connection_limits.idle_ns_max = 100_000_000,
    );
    assert_eq!(code, 0);
    // Before the process and the collector end.
    let opened = recorder.numbers("conn_stats", "conn_open");
    let closed = recorder.numbers("conn_stats", "conn_close");
    assert!(!opened.is_empty());
    let names = recorder.texts("agent_status", "name");
    let values = recorder.numbers("agent_status", "value");
    let mut open = names.iter().zip(values).filter(|(name, _)| *name == "open");
    assert!(open.any(|(_, value)| value == 0), "{opened:?} {closed:?}");
    assert!(recorder.status("connections", "closed") >= 4);
}

/// Sums the last totals of each peer for one role.
fn last_per_role(recorder: &Recorder, column: &str, role: i64) -> i64 {
    let addrs = recorder.texts("conn_stats", "remote_addr");
    let ports = recorder.numbers("conn_stats", "remote_port");
    let roles = recorder.numbers("conn_stats", "trace_role");
    let values = recorder.numbers("conn_stats", column);
    let mut last = std::collections::BTreeMap::new();
    for ((addr, port), (of, value)) in addrs.iter().zip(ports).zip(roles.into_iter().zip(values)) {
        if of == role {
            last.insert((addr, port), value);
        }
    }
    last.values().sum()
}
