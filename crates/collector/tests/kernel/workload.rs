//! Starts programs so that nothing of them is missed, in a network namespace of their own.

use crate::recorder::Recorder;
use nixie_collector::{Collector, Config, Scope};
use nixie_metadata::Metadata;
use nixie_types::Sink;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

/// Workloads take a second or two; one that hangs fails its test.
const WORKLOAD_NS_MAX: i64 = 60_000_000_000;

/// A program that waits for a line on its standard input before it starts.
pub(crate) struct Waiting(Child);

impl Waiting {
    pub(crate) fn start(program: &str, arguments: &[&str]) -> Self {
        const SCRIPT: &str = r#"ip link set lo up; read line; exec "$@""#;
        let child = Command::new("unshare")
            .args(["--net", "sh", "-c", SCRIPT, "sh", program])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare is part of util-linux");
        Self(child)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.0.id()
    }

    /// Lets it run to its end; returns its exit status.
    pub(crate) fn run(mut self) -> i32 {
        self.0
            .stdin
            .take()
            .expect("piped")
            .write_all(b"go\n")
            .expect("the child reads");
        let deadline_ns = nixie_types::clock::now_ns() + WORKLOAD_NS_MAX;
        loop {
            if let Some(status) = self.0.try_wait().expect("the child can be waited for") {
                return status.code().unwrap_or(-1);
            }
            if nixie_types::clock::now_ns() > deadline_ns {
                self.0.kill().expect("the child is ours");
                self.0.wait().expect("the child ends");
                panic!("the workload did not end within {WORKLOAD_NS_MAX} ns");
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// Returns the path of a script of `tests/workloads`.
pub(crate) fn script(name: &str) -> String {
    format!("{}/tests/workloads/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Starts a collector that traces one process tree.
pub(crate) fn collect(config: &Config, recorder: &Arc<Recorder>) -> (Collector, Arc<Metadata>) {
    let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
    let sink: Arc<dyn Sink> = Arc::<Recorder>::clone(recorder);
    let collector = Collector::start(config, Arc::clone(&metadata), sink)
        .unwrap_or_else(|error| panic!("the collector does not start: {error:?}"));
    (collector, metadata)
}

/// Runs a program to its end and returns what was collected of it.
pub(crate) fn trace(program: &str, arguments: &[&str]) -> (Arc<Recorder>, Arc<Metadata>, i32) {
    trace_with(program, arguments, |_| {})
}

/// The same with other settings.
pub(crate) fn trace_with(
    program: &str,
    arguments: &[&str],
    configure: impl FnOnce(&mut Config),
) -> (Arc<Recorder>, Arc<Metadata>, i32) {
    let waiting = Waiting::start(program, arguments);
    let recorder = Arc::new(Recorder::default());
    let mut config = Config::new(Scope::Pids(vec![waiting.pid()]));
    configure(&mut config);
    let (collector, metadata) = collect(&config, &recorder);
    let code = waiting.run();
    collector.stop();
    (recorder, metadata, code)
}
