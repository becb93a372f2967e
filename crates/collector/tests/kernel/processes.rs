//! Processes of the scope: forks, programs, ends.

use crate::workload::trace;

#[test]
fn ends_are_told_with_status_and_signal() {
    let script = "sh -c 'exit 3'; sh -c 'kill -9 $$'; true";
    let (recorder, _, _) = trace("bash", &["-c", script]);
    let codes = recorder.numbers("proc_exit_events", "exit_code");
    let signals = recorder.numbers("proc_exit_events", "signal");
    let ends: Vec<(i64, i64)> = codes.into_iter().zip(signals).collect();
    assert!(ends.contains(&(3, 0)), "{ends:?}");
    assert!(ends.contains(&(0, 9)), "{ends:?}");
}

#[test]
fn a_program_is_known_after_its_end_with_command_line_and_parent() {
    let (_, metadata, _) = trace("bash", &["-c", "sh -c 'true a b c; exit 0'; true"]);
    let all = metadata.processes();
    let child = all
        .iter()
        .find(|process| process.cmdline == "sh -c true a b c; exit 0");
    let child = child.unwrap_or_else(|| panic!("not among {all:#?}"));
    assert!(child.exit_time_ns.is_some());
    assert_eq!(child.comm, "sh");
    let parent = metadata
        .process(child.parent.expect("known"))
        .expect("known");
    assert!(
        parent.cmdline.starts_with("bash -c sh -c"),
        "{}",
        parent.cmdline
    );
    assert!(child.start_time_ns >= parent.start_time_ns);
}

#[test]
fn each_process_has_samples() {
    let (recorder, _, _) = trace("sleep", &["1.5"]);
    let rss = recorder.numbers("process_stats", "rss_bytes");
    assert!(
        rss.len() >= 2 && rss.iter().any(|&bytes| bytes > 100_000),
        "{rss:?}"
    );
}
