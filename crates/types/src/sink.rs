//! How rows, losses and counters travel from the stages that make them to those that keep them.

use crate::table::TableSpec;
use arrow::array::RecordBatch;

/// Takes what a collector produces. Calls return soon and may come from any thread.
pub trait Sink: Send + Sync {
    /// Takes rows of a table, in its storage schema and any order of time.
    fn append(&self, table: &'static TableSpec, rows: RecordBatch);

    /// Takes note of data that will never come.
    fn lost(&self, loss: &Loss);

    /// Gives what is to be reported about this sink, to stand beside the collector's own counters.
    fn status(&self, report: &mut dyn FnMut(Status));
}

/// Data that were seen but not kept, or known to have been missed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Loss {
    /// Table that the data would have gone to; none means any table.
    pub table: Option<&'static str>,
    /// Earliest time that is affected, in nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// Latest time that is affected, inclusive.
    pub end_ns: i64,
    /// Why, in a few words, for example `ring buffer full`.
    pub reason: &'static str,
    /// Number of events or rows.
    pub events: u64,
    /// Number of bytes, as far as they are known.
    pub bytes: u64,
}

impl Loss {
    /// Returns true if the loss affects that table in that range, both ends inclusive.
    #[must_use]
    pub fn affects(&self, table: &str, start_ns: i64, end_ns: i64) -> bool {
        self.table.is_none_or(|name| name == table)
            && self.start_ns <= end_ns
            && self.end_ns >= start_ns
    }

    /// Returns true if both lose the same for the same reason.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.table == other.table && self.reason == other.reason
    }

    /// Adds another loss of the same kind; the times span both.
    pub fn join(&mut self, other: &Self) {
        self.start_ns = self.start_ns.min(other.start_ns);
        self.end_ns = self.end_ns.max(other.end_ns);
        self.events = self.events.saturating_add(other.events);
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// One value that the agent reports about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Part of the agent, for example `tables`.
    pub stage: &'static str,
    /// Name of the value, its unit last.
    pub name: String,
    /// Whether it only grows.
    pub kind: StatusKind,
    /// The value.
    pub value: u64,
}

/// How a reported value behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusKind {
    /// A running total since the start of the agent.
    Counter,
    /// A momentary value.
    Gauge,
}
