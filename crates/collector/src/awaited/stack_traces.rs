//! `stack_traces.beta`: samples of what runs on the CPUs, as folded stacks.

use super::{number, text};
use crate::sources::{TIME, UPID, gauge};
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "stack_traces.beta",
    description: "Samples of running code, as folded stacks.",
    columns: &[
        TIME,
        UPID,
        number("stack_trace_id", "Number that stands for the stack."),
        text(
            "stack_trace",
            "Frames from the outermost inwards, joined by `;`.",
        )
        .dictionary(),
        gauge("count", "Samples of this stack in this period."),
    ],
};
