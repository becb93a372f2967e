//! Counts what became of the runs of scheduled scripts.

use super::store::RunState;
use nixie_types::{Status, StatusKind};
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of the runs since the agent's start, as rows of `agent_status`.
#[derive(Debug, Default)]
pub(crate) struct ScheduleCounters {
    succeeded: AtomicU64,
    incomplete: AtomicU64,
    failed: AtomicU64,
    periods_skipped: AtomicU64,
    store_errors: AtomicU64,
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

    /// Counts an outcome that could not be written, or a history that could not be read.
    pub(super) fn store_failed(&self) {
        self.store_errors.fetch_add(1, Ordering::Relaxed);
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
