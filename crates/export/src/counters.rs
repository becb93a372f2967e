//! Counts what became of all exports of an agent.

use crate::Tally;
use crate::request::Signal;
use nixie_types::{Status, StatusKind};
use std::sync::atomic::{AtomicU64, Ordering};

/// What became of all exports of an agent, as rows of `agent_status`.
#[derive(Debug, Default)]
pub struct ExportCounters {
    points: SignalCounters,
    spans: SignalCounters,
    requests: AtomicU64,
    retries: AtomicU64,
}

#[derive(Debug, Default)]
struct SignalCounters {
    sent: AtomicU64,
    refused: AtomicU64,
    dropped: AtomicU64,
}

impl ExportCounters {
    pub(crate) fn count(&self, signal: Signal, tally: Tally) {
        let counters = match signal {
            Signal::Metrics => &self.points,
            Signal::Traces => &self.spans,
        };
        counters.sent.fetch_add(tally.sent, Ordering::Relaxed);
        counters.refused.fetch_add(tally.refused, Ordering::Relaxed);
        counters.dropped.fetch_add(tally.dropped, Ordering::Relaxed);
    }

    pub(crate) fn request(&self, retries: u64) {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.retries.fetch_add(retries, Ordering::Relaxed);
    }

    /// Tells all counters.
    pub fn status(&self, report: &mut dyn FnMut(Status)) {
        let (points, spans) = (&self.points, &self.spans);
        for (name, counter) in [
            ("export_points_sent", &points.sent),
            ("export_points_refused", &points.refused),
            ("export_points_dropped", &points.dropped),
            ("export_spans_sent", &spans.sent),
            ("export_spans_refused", &spans.refused),
            ("export_spans_dropped", &spans.dropped),
            ("export_requests", &self.requests),
            ("export_retries", &self.retries),
        ] {
            report(Status {
                stage: "export",
                name: name.to_owned(),
                kind: StatusKind::Counter,
                value: counter.load(Ordering::Relaxed),
            });
        }
    }
}
