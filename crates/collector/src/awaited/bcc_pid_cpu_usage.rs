//! `bcc_pid_cpu_usage`: CPU time by process, from a bcc program.

use super::{number, text};
use crate::sources::{TIME, gauge};
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "bcc_pid_cpu_usage",
    description: "CPU time by process id.",
    columns: &[
        TIME,
        number("pid", "Process id."),
        gauge("runtime_ns", "Time on a CPU, in ns."),
        text("cmd", "Name of the command.").dictionary(),
    ],
};
