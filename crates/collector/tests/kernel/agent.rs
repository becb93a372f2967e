//! The collector itself: start, loss, several at once, death.

use crate::recorder::Recorder;
use crate::workload::{Waiting, collect, script, trace_with};
use nixie_collector::{Config, Scope};
use nixie_types::clock;
use std::sync::Arc;

#[test]
fn start_up_is_told_in_its_tables() {
    let (recorder, _, _) = trace_with("true", &[], |_| {});
    let sources = recorder.texts("stirling_error", "source_connector");
    assert!(sources.iter().any(|name| name == "http"), "{sources:?}");
    assert!(
        recorder
            .numbers("stirling_error", "status")
            .iter()
            .all(|&status| status == 0)
    );
    let programs = recorder.texts("probe_status", "tracepoint");
    assert!(
        programs
            .iter()
            .any(|name| name == "tp__inet_sock_set_state"),
        "{programs:?}"
    );
    assert!(recorder.status("kernel", "map_bytes") > 1 << 20);
    assert!(recorder.status("agent", "rss_bytes") > 1 << 20);
    assert!(
        recorder.status("recorder", "batches") > 0,
        "what the sink tells is reported"
    );
    for stage in ["collector", "tables", "sampler", "agent"] {
        assert!(recorder.status(stage, "cpu_ns") > 0, "{stage}");
    }
    for stage in ["protocols", "query", "server"] {
        assert!(recorder.status(stage, "cpu_ns") >= 0, "{stage}");
    }
}

#[test]
fn reported_loss_is_the_true_loss() {
    // The smallest ring: most of what a burst sends has no room.
    let tiny = |config: &mut Config| config.ring_bytes = 4096;
    let (recorder, _, code) = trace_with(
        "python3",
        &[&script("connections.py"), "foreign", "large"],
        tiny,
    );
    assert_eq!(code, 0);
    let lost = recorder.status("kernel", "lost_ring_full");
    assert!(lost > 0, "the workload did not fill the ring");
    let missed = recorder.status("collector", "events_lost_ring_full");
    let arrived = recorder.status("collector", "events");
    assert_eq!(recorder.status("kernel", "events_sent"), arrived);
    assert_eq!(
        recorder.status("collector", "events_accounted"),
        arrived + missed
    );
    assert_eq!(missed, lost);
    let reported: u64 = recorder.losses().iter().map(|loss| loss.events).sum();
    assert_eq!(i64::try_from(reported).unwrap(), lost);
}

#[test]
fn two_collectors_see_the_same() {
    let waiting = Waiting::start("python3", &[&script("connections.py"), "handover"]);
    let config = Config::new(Scope::Pids(vec![waiting.pid()]));
    let recorders = [Arc::new(Recorder::default()), Arc::new(Recorder::default())];
    let collectors = recorders
        .each_ref()
        .map(|recorder| collect(&config, recorder).0);
    assert_eq!(waiting.run(), 0);
    for collector in collectors {
        collector.stop();
    }
    for recorder in &recorders {
        assert_eq!(recorder.texts("http_events", "req_path"), ["/handover"]);
    }
}

#[test]
fn a_process_that_is_not_there_cannot_be_the_scope() {
    let config = Config::new(Scope::Pids(vec![u32::MAX]));
    let metadata = Arc::new(nixie_metadata::Metadata::new("host".to_owned(), 0));
    let result =
        nixie_collector::Collector::start(&config, metadata, Arc::new(Recorder::default()));
    let error = result.expect_err("refused").to_string();
    assert_eq!(error, "scope `pid:4294967295`: no such process");
}

#[test]
fn the_first_row_comes_within_three_seconds() {
    let start_ns = clock::now_ns();
    let (recorder, _, _) = trace_with("python3", &[&script("connections.py"), "handover"], |_| {});
    assert_eq!(recorder.texts("http_events", "req_path").len(), 1);
    let elapsed_ns = clock::now_ns() - start_ns;
    assert!(elapsed_ns < 3_000_000_000, "{elapsed_ns} ns");
}
