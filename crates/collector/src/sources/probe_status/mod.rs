//! `probe_status`: the state of each kernel program.
//!
//! All programs are attached together or none is, so that a row here says what is in place; those
//! that were refused end the start-up with an error.

use crate::sources::{STATUS_OK, TIME, UPID};
use nixie_types::{ColumnSpec, DataType, PatternType, Rows, TableSpec, Upid};

/// See the module.
pub(crate) static TABLE: TableSpec = TableSpec {
    name: "probe_status",
    description: "State of the kernel programs and probes.",
    columns: &[
        TIME,
        UPID,
        ColumnSpec::new("source_connector", DataType::String, "Source that owns the probe.")
            .dictionary(),
        ColumnSpec::new("tracepoint", DataType::String, "Name of the probe.").dictionary(),
        ColumnSpec::new("status", DataType::Int64, "Status code, 0 for success.")
            .pattern(PatternType::GeneralEnum),
        ColumnSpec::new("error", DataType::String, "Message; empty on success."),
        ColumnSpec::new("info", DataType::String, "Details as JSON."),
    ],
};

/// Appends the row of an attached program.
pub(crate) fn append(agent: Upid, program: &str, info: &str, now_ns: i64, rows: &mut Rows) {
    rows.row()
        .time(now_ns)
        .upid(agent)
        .string("socket_tracer")
        .string(program)
        .int64(STATUS_OK)
        .string("")
        .string(info)
        .end();
}
