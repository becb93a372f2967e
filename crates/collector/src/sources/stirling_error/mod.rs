//! `stirling_error`: what the collector could start, and what it could not.
//!
//! One row for each source at start, status 0 when it works, and one for each problem later. The
//! table keeps the name that scripts know.

use crate::sources::{STATUS_OK, STATUS_SYSTEM, TIME, UPID};
use nixie_types::{ColumnSpec, DataType, PatternType, Rows, TableSpec, Upid};

/// See the module.
pub(crate) static TABLE: TableSpec = TableSpec {
    name: "stirling_error",
    description: "Start-up results and problems of the collector's sources.",
    columns: &[
        TIME,
        UPID,
        ColumnSpec::new("source_connector", DataType::String, "Source concerned.").dictionary(),
        ColumnSpec::new("status", DataType::Int64, "Status code, 0 for success.")
            .pattern(PatternType::GeneralEnum),
        ColumnSpec::new("error", DataType::String, "Message; empty on success."),
        ColumnSpec::new("context", DataType::String, "What was being done.").dictionary(),
    ],
};

/// Appends a row; no error means success.
pub(crate) fn append(
    agent: Upid,
    source: &str,
    error: Option<&str>,
    context: &str,
    now_ns: i64,
    rows: &mut Rows,
) {
    rows.row()
        .time(now_ns)
        .upid(agent)
        .string(source)
        .int64(if error.is_some() { STATUS_SYSTEM } else { STATUS_OK })
        .string(error.unwrap_or_default())
        .string(context)
        .end();
}
