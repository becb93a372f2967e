//! Owns the kernel programs and turns their events and `/proc` into table rows.
//!
//! Data path: [`kernel`] loads `bpf/` and delivers events; [`connections`] puts the bytes of each
//! connection in order and feeds them to `nixie-protocols`; [`sources`] sample everything that is
//! not a protocol; [`Collector`] runs both and hands batches to a [`nixie_types::Sink`]. What is lost on the
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
mod awaited;
mod collector;
mod connections;
mod kernel;
mod losses;
mod processes;
mod procfs;
mod scope;
mod sources;

pub use collector::{Collector, Config, awaited_tables, tables};
pub use connections::ConnectionLimits;
pub use kernel::{CollectorError, KernelFeatures};
pub use scope::{EXE_NAME_BYTES_MAX, Scope};
