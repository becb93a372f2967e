//! What each stage of the agent takes of the CPU.
//!
//! Stages that have threads of their own are known by these. Three share the thread that reads the
//! rings: the collector itself, the protocols that make records of its bytes, and the tables that
//! take the rows. Of the protocols every [`SAMPLE_EVERY`]th chunk is timed.

use super::events::thread_cpu_ns;
use rustix::time::{ClockId, clock_gettime};
use std::collections::BTreeMap;

/// Chunks of bytes for each one that is timed: the clock takes a tenth of what it measures.
const SAMPLE_EVERY: u64 = 64;

/// Threads by the start of their names, and their stages.
const THREADS: [(&str, &str); 2] = [("px-query", "query"), ("px-server", "server")];

/// Follows what the stages take that share the event thread.
#[derive(Debug, Default)]
pub(super) struct StageCpu {
    chunks: u64,
    protocols_ns: u64,
    tables_ns: u64,
}

/// The start of a piece of work that is timed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Started(u64);

impl StageCpu {
    /// Notes that a chunk of bytes is about to be parsed.
    pub(super) fn chunk(&mut self) -> Option<Started> {
        self.chunks += 1;
        self.chunks
            .is_multiple_of(SAMPLE_EVERY)
            .then(|| Started(monotonic_ns()))
    }

    /// Notes that it has been.
    pub(super) fn chunk_parsed(&mut self, started: Option<Started>) {
        if let Some(Started(ns)) = started {
            self.protocols_ns += monotonic_ns().saturating_sub(ns) * SAMPLE_EVERY;
        }
    }

    /// Runs work of the protocols.
    pub(super) fn of_protocols<T>(&mut self, work: impl FnOnce() -> T) -> T {
        timed(&mut self.protocols_ns, work)
    }

    /// Runs work of the tables.
    pub(super) fn of_tables<T>(&mut self, work: impl FnOnce() -> T) -> T {
        timed(&mut self.tables_ns, work)
    }

    /// Returns the stages with what they took, called on the event thread.
    pub(super) fn report(&self) -> [(&'static str, u64); 3] {
        let all = thread_cpu_ns();
        let others = self.protocols_ns + self.tables_ns;
        [
            ("collector", all.saturating_sub(others)),
            ("protocols", self.protocols_ns),
            ("tables", self.tables_ns),
        ]
    }
}

/// Returns what the stages took that have threads of their own, of this process.
pub(super) fn of_threads() -> BTreeMap<&'static str, u64> {
    let mut stages: BTreeMap<_, u64> = THREADS.iter().map(|(_, stage)| (*stage, 0)).collect();
    let Ok(threads) = std::fs::read_dir("/proc/self/task") else {
        return stages;
    };
    for thread in threads.flatten() {
        let read = |name| std::fs::read_to_string(thread.path().join(name)).unwrap_or_default();
        let name = read("comm");
        let stage = THREADS.iter().find(|(start, _)| name.starts_with(start));
        // schedstat: nanoseconds on the CPU, nanoseconds waiting, time slices.
        let cpu_ns = read("schedstat")
            .split(' ')
            .next()
            .and_then(|ns| ns.parse::<u64>().ok());
        if let (Some((_, stage)), Some(cpu_ns)) = (stage, cpu_ns) {
            *stages.entry(*stage).or_default() += cpu_ns;
        }
    }
    stages
}

fn timed<T>(total_ns: &mut u64, work: impl FnOnce() -> T) -> T {
    let start_ns = thread_cpu_ns();
    let result = work();
    *total_ns += thread_cpu_ns().saturating_sub(start_ns);
    result
}

fn monotonic_ns() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec * nixie_types::clock::NANOS_PER_SEC + time.tv_nsec).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_of_one_thread_add_up_to_it() {
        let before_ns = thread_cpu_ns();
        let mut cpu = StageCpu::default();
        let spin = || (0..3_000_000_u64).fold(0, |sum, number| sum ^ std::hint::black_box(number));
        cpu.of_tables(spin);
        cpu.of_protocols(spin);
        let report: BTreeMap<_, _> = cpu.report().into();
        assert!(
            report["tables"] > 0 && report["protocols"] > 0,
            "{report:?}"
        );
        let sum: u64 = report.values().sum();
        assert!(sum >= report["tables"] + report["protocols"] && sum >= before_ns);
    }

    #[test]
    fn threads_are_known_by_their_names() {
        let thread = std::thread::Builder::new().name("px-query-7".to_owned());
        let (done, wait) = std::sync::mpsc::sync_channel::<()>(0);
        let handle = thread.spawn(move || {
            let sum = (0..20_000_000_u64).fold(0, |sum, n| sum ^ std::hint::black_box(n));
            std::hint::black_box(sum);
            done.send(()).expect("the test waits");
            std::thread::park();
        });
        let handle = handle.expect("a thread");
        wait.recv().expect("the thread works");
        assert!(of_threads()["query"] > 0);
        handle.thread().unpark();
        handle.join().expect("the thread ends");
    }
}
