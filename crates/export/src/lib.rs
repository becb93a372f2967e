//! Turns rows into OpenTelemetry metrics and spans, and sends them.
//!
//! An [`Exporter`] takes the batches of one export of a script. It makes requests of them, as
//! OTLP has them, and puts these into a bounded queue; a task sends them by gRPC or HTTP, tries
//! again where that can help, and counts what became of each data point and span.
//!
//! | question | where |
//! |---|---|
//! | which endpoint means which protocol | `target.rs` |
//! | what becomes of a row | `convert/` |
//! | how does a request travel | `transport/` |
//! | when is it sent again | `retry.rs` |
//! | what became of it | `report.rs`, `counters.rs` |
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod convert;
mod counters;
mod error;
mod exporter;
mod report;
mod request;
mod retry;
mod target;
mod transport;

pub use counters::ExportCounters;
pub use error::ExportError;
pub use exporter::Exporter;
pub use report::{ExportReport, Tally};
pub use retry::RetryPolicy;
pub use target::Protocol;
pub use transport::system_certificates;
