//! The thread that samples `/proc`.

use super::events::thread_cpu_ns;
use crate::sources::process_stats;
use nixie_metadata::Metadata;
use nixie_types::{Rows, Sink, Upid, clock};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

/// How often the thread looks whether it is to stop.
const STOP_LATENCY: Duration = Duration::from_millis(50);

/// See the module.
pub(super) struct Sampler {
    metadata: Arc<Metadata>,
    sink: Arc<dyn Sink>,
    process_stats: Rows,
    cpu_ns: Arc<AtomicU64>,
}

impl Sampler {
    pub(super) fn new(metadata: Arc<Metadata>, sink: Arc<dyn Sink>) -> Self {
        Self {
            metadata,
            sink,
            process_stats: Rows::new(&process_stats::TABLE),
            cpu_ns: Arc::default(),
        }
    }

    /// Returns where the CPU time of this thread can be read.
    pub(super) fn cpu_ns(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.cpu_ns)
    }

    pub(super) fn run(mut self, stop: &AtomicBool) {
        let mut next_ns = clock::now_ns();
        while !stop.load(Ordering::Acquire) {
            let now_ns = clock::now_ns();
            if now_ns < next_ns {
                std::thread::sleep(STOP_LATENCY);
                continue;
            }
            self.sample(now_ns);
            // After a pause of the machine, missed rounds are not made up for.
            next_ns = (next_ns + process_stats::PERIOD_NS).max(now_ns);
        }
        self.sample(clock::now_ns());
    }

    fn sample(&mut self, now_ns: i64) {
        let processes = self.metadata.processes();
        let living = processes
            .iter()
            .filter(|process| process.exit_time_ns.is_none());
        let mut upids: Vec<Upid> = living.map(|process| process.upid).collect();
        upids.sort_unstable();
        let round = process_stats::sample(&upids, now_ns, &mut self.process_stats);
        if round.io_unreadable > 0 {
            tracing::debug!(
                processes = round.io_unreadable,
                "I/O counters cannot be read"
            );
        }
        if let Some(batch) = self.process_stats.take() {
            self.sink.append(&process_stats::TABLE, batch);
        }
        self.cpu_ns.store(thread_cpu_ns(), Ordering::Relaxed);
    }
}
