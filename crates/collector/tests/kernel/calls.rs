//! Every call that moves bytes, by every other.

use crate::recorder::Recorder;
use crate::workload::{script, trace, trace_with};
use nixie_collector::KernelFeatures;

const WRITES: [&str; 8] = [
    "write",
    "sendto",
    "writev",
    "writev_many",
    "sendmsg",
    "sendmmsg",
    "splice",
    "sendfile",
];
const READS: [&str; 7] = [
    "read",
    "recvfrom",
    "peek_first",
    "byte_first",
    "readv",
    "recvmsg",
    "recvmmsg",
];

#[test]
fn every_write_and_read_call_carries_whole_messages() {
    let (recorder, _, code) = trace("python3", &[&script("calls.py")]);
    assert_eq!(code, 0);
    assert_all_rows(&recorder);
}

#[test]
fn calls_tell_the_same_as_sockets() {
    let (recorder, _, code) = trace_with("python3", &[&script("calls.py")], |config| {
        config.features.socket_hooks = false;
    });
    assert_eq!(code, 0);
    assert_all_rows(&recorder);
}

#[test]
fn the_programs_work_without_what_newer_kernels_offer() {
    let old = KernelFeatures {
        loops: false,
        casts: false,
        socket_hooks: false,
    };
    let (recorder, _, code) = trace_with("python3", &[&script("calls.py")], |config| {
        config.features = old
    });
    assert_eq!(code, 0);
    assert_all_rows(&recorder);
    assert_eq!(recorder.status("kernel", "iovec_cut"), 0);
}

fn assert_all_rows(recorder: &Recorder) {
    let paths = recorder.texts("http_events", "req_path");
    let bodies = recorder.texts("http_events", "resp_body");
    let sizes = recorder.numbers("http_events", "resp_body_size");
    let mut rows = paths.iter().zip(bodies).zip(sizes);
    for write in WRITES {
        for read in READS {
            let ((path, body), size) = rows.next().unwrap_or_else(|| panic!("{write}/{read}"));
            assert_eq!(*path, format!("/{write}/{read}"));
            let answer = format!("answer-{write}!");
            assert_eq!(size, i64::try_from(answer.len()).unwrap(), "{path}");
            // What goes from file or pipe to socket inside the kernel has a size and no text.
            let in_kernel = matches!(write, "splice" | "sendfile");
            assert!(
                if in_kernel {
                    !body.contains("answer")
                } else {
                    body == answer
                },
                "{body}"
            );
        }
    }
    assert_eq!(rows.next(), None);
    assert_eq!(recorder.dropped(), []);
    assert!(recorder.status("kernel", "skipped_peek") >= 16);
    assert!(recorder.status("kernel", "bytes_not_in_memory") > 0);
}
