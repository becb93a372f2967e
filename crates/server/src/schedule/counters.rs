//! Counts what became of the runs of scheduled scripts.

use super::ScheduleError;
use super::store::RunState;
use nixie_types::clock::{self, NANOS_PER_SEC};
use nixie_types::{Status, StatusKind};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tracing::warn;

/// LIMIT: time between two warnings; what is not warned of is counted all the same.
const WARNING_PERIOD_NS: i64 = 60 * NANOS_PER_SEC;

/// What became of the runs since the agent's start, as rows of `agent_status`.
#[derive(Debug, Default)]
pub(crate) struct ScheduleCounters {
    succeeded: AtomicU64,
    incomplete: AtomicU64,
    failed: AtomicU64,
    periods_skipped: AtomicU64,
    store_errors: AtomicU64,
    warned_ns: AtomicI64,
}

impl ScheduleCounters {
    /// Counts a run that has ended.
    pub(super) fn ended(&self, state: RunState) {
        let counter = match state {
            RunState::Succeeded => &self.succeeded,
            RunState::Incomplete => &self.incomplete,
            RunState::Failed | RunState::Running | RunState::Skipped => &self.failed,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn skipped(&self, periods: u64) {
        self.periods_skipped.fetch_add(periods, Ordering::Relaxed);
    }

    /// Counts what could not be written or read, and returns what could.
    pub(super) fn kept<T>(&self, result: Result<T, ScheduleError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.store_errors.fetch_add(1, Ordering::Relaxed);
                if self.may_warn(clock::now_ns()) {
                    let error = crate::grpc::with_causes(&error);
                    warn!(error, "scheduled scripts or their history cannot be kept");
                }
                None
            }
        }
    }

    /// Returns whether it is time for another warning.
    pub(super) fn may_warn(&self, now_ns: i64) -> bool {
        let warned_ns = self.warned_ns.load(Ordering::Relaxed);
        if (0..WARNING_PERIOD_NS).contains(&now_ns.saturating_sub(warned_ns)) {
            return false;
        }
        let swapped = self.warned_ns.compare_exchange(
            warned_ns,
            now_ns,
            Ordering::Relaxed,
            Ordering::Relaxed,
        );
        swapped.is_ok()
    }

    /// Tells all counters.
    pub(crate) fn status(&self, report: &mut dyn FnMut(Status)) {
        for (name, counter) in [
            ("cron_runs_succeeded", &self.succeeded),
            ("cron_runs_incomplete", &self.incomplete),
            ("cron_runs_failed", &self.failed),
            ("cron_periods_skipped", &self.periods_skipped),
            ("cron_store_errors", &self.store_errors),
        ] {
            report(Status {
                stage: "schedule",
                name: name.to_owned(),
                kind: StatusKind::Counter,
                value: counter.load(Ordering::Relaxed),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warnings_are_rare_whatever_the_clock_does() {
        let counters = ScheduleCounters::default();
        let now_ns = 1_000 * WARNING_PERIOD_NS;
        let warned = [0, 1, WARNING_PERIOD_NS - 1, WARNING_PERIOD_NS, 5, 6]
            .map(|later_ns| counters.may_warn(now_ns + later_ns));
        assert_eq!(warned, [true, false, false, true, true, false]);
    }
}
