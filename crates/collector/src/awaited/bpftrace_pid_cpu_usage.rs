//! `bpftrace_pid_cpu_usage`: CPU time by process, from a bpftrace program.

use super::{number, text};
use crate::sources::{TIME, counter};
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "bpftrace_pid_cpu_usage",
    description: "CPU time by process id.",
    columns: &[
        TIME,
        number("pid", "Process id."),
        counter("runtime_ns", "Time on a CPU, in ns."),
        text("cmd", "Name of the command.").dictionary(),
    ],
};
