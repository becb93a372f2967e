//! Scalar, aggregate and table functions over Arrow arrays, each with its documentation.
//!
//! A family is a folder, a function is a file: a typed plain Rust function, a `pub(crate) const`
//! [`Function`] that describes it, and its tests. [`Registry`] lists them all; type checking,
//! documentation and the tests of the examples iterate it, so that nothing is listed twice.
//!
//! Values are never null. Text is `Utf8View`, `UINT128` is 16 big-endian bytes, and a whole
//! number wraps around instead of failing.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod adapter;
mod aggregates;
mod conditionals;
mod docs;
mod function;
mod json;
mod kernel;
mod machine_learning;
mod math;
mod metadata;
mod network;
mod numbers;
mod operators;
mod privacy;
mod profiles;
mod protocols;
mod regexes;
mod registry;
mod request_paths;
mod row;
mod semantics;
mod sql;
mod strings;
mod tables;
mod udf;
mod uri;
mod value;

pub use docs::{render, render_tables};
pub use function::{Datum, Example, Family, Function};
pub use privacy::redact_pii;
pub use registry::{Registry, Resolved, UnknownFunction};
pub use tables::{
    AgentInfo, AgentLife, AgentState, Executor, ProcessFile, ScriptRun, ScriptRunResult, TableArg,
    TableFunction, TableFunctionError, TableInfo, Tracepoint,
};
pub use udf::RESULT_BYTES_MAX;
