//! Owns the kernel programs and turns their events and `/proc` into table rows.
//!
//! Data path: [`kernel`] loads `bpf/` and delivers events; [`connections`] puts the bytes of each
//! connection in order and feeds them to `nixie-protocols`; [`sources`] sample everything that is
//! not a protocol; [`Collector`] runs both and hands batches to a [`Sink`]. What is lost on the
//! way is told to the same sink.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod abi;
mod collector;
mod connections;
mod kernel;
mod losses;
mod processes;
mod procfs;
mod scope;
mod sources;

pub use collector::{Collector, Config, tables};
pub use kernel::{CollectorError, KernelFeatures};
pub use scope::{EXE_NAME_BYTES_MAX, Scope};

use arrow::array::RecordBatch;
use nixie_types::TableSpec;

/// Takes what the collector produces. Calls come from the collector's threads and must not block.
pub trait Sink: Send + Sync {
    /// Takes rows of a table, in its storage schema.
    fn append(&self, table: &'static TableSpec, rows: RecordBatch);

    /// Notes that something was lost.
    fn lost(&self, loss: &Loss);
}

/// Something that should have become rows and did not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What happened, in a few words, for example `ring buffer full`.
    pub reason: &'static str,
    /// Table that lacks rows; none means that any of the traced protocols may.
    pub table: Option<&'static str>,
    /// Start of the time in which it happened, in nanoseconds since the Unix epoch.
    pub start_ns: i64,
    /// End of that time, inclusive.
    pub end_ns: i64,
    /// Events lost.
    pub events: u64,
    /// Payload bytes lost, as far as they are known.
    pub bytes: u64,
}
