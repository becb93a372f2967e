//! Executes plans over tables.
//!
//! [`Engine`] compiles scripts against the tables and runs the plans on DataFusion, each under a
//! limit of memory and time. A result comes as a stream of batches; at its end it says how much
//! there was and how complete it is.
//!
//! | question | where |
//! |---|---|
//! | which tables can a script read | `catalog.rs` |
//! | which rows does a plan need of a table | `time_range.rs`, `equal_texts.rs`, `provider.rs` |
//! | how do they get into the plan | `scan_exec.rs` |
//! | what is computed once for several outputs | `shared/` |
//! | how do steps stay apart that look the same | `steps.rs`, `pass_on.rs` |
//! | what must nobody see of them | `data_access.rs` |
//! | what do table functions give | `function_table.rs` |
//! | what if they never end | `stream.rs` |
//! | does their order matter | `order.rs` |
//! | how does SQL become a plan | `sql/` |
//! | what does each operator do, and what did it cost | `operators.rs` |
//! | how do they stop when nobody waits | `cooperation.rs` |
//! | what is missing from a result | `completeness.rs` |
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod catalog;
mod completeness;
mod cooperation;
mod data_access;
mod engine;
mod equal_texts;
mod error;
mod function_table;
mod limits;
mod operators;
mod order;
mod output;
mod pass_on;
mod provider;
mod scan_exec;
mod shared;
mod sql;
mod steps;
mod stream;
mod time_range;

pub use catalog::TableCatalog;
pub use completeness::{Completeness, Lost};
pub use data_access::{DataAccess, UnknownDataAccess, payload_columns};
pub use engine::{Engine, Explained, PLAN_OUTPUT, Run};
pub use error::QueryError;
pub use limits::QueryLimits;
pub use operators::OperatorStats;
pub use output::{OutputStats, OutputStream, OutputSummary, ScanStats};
pub use provider::StoredTable;
pub use sql::{SQL_CATALOG, SQL_SCHEMA, SqlDescription};
