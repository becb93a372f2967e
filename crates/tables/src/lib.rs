//! Keeps a bounded window of Arrow batches per table and scans it by time.
//!
//! Rows arrive as batches in a table's storage schema. Each [`Table`] keeps them as immutable
//! chunks sorted by time, merges small chunks into larger ones, and evicts the oldest when its
//! share of the budget is full. Readers work on a [`Snapshot`]; they wait for no writer and no
//! writer waits for them, but for the moment in which a list of chunks is swapped.
//!
//! | step | where |
//! |---|---|
//! | shares of the budget | `budget.rs` |
//! | batch → chunk, sizes to the byte | `chunk.rs`, `allocations.rs` |
//! | small chunks → large chunks, text shared | `merge.rs`, `text.rs` |
//! | append, eviction, statistics | `table.rs` |
//! | chunk → rows that queries see | `scan/` |
//! | what never arrived | `loss.rs` |
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod allocations;
mod budget;
mod chunk;
mod error;
mod follow;
mod loss;
mod merge;
mod scan;
mod store;
mod table;
mod text;

pub use budget::TABLE_BYTES_MIN;
pub use error::TableError;
pub use follow::{FellBehind, Follower};
pub use loss::{LOSSES_MAX, LossLog};
pub use scan::{EqualText, OrderedScan, ScanOptions, SharedScan, SharedScanWorker, Snapshot};
pub use store::TableStore;
pub use table::{Dropped, Table, TableStats};
