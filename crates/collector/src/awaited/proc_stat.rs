//! `proc_stat`: how the CPUs of the host spend their time.

use crate::sources::TIME;
use nixie_types::{ColumnSpec, DataType, PatternType, TableSpec};

/// Declared without the semantic type of a share: the values go to 100.
const fn percent(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Float64, description).pattern(PatternType::MetricGauge)
}

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "proc_stat",
    description: "How the CPUs of the host spend their time.",
    columns: &[
        TIME,
        percent("system_percent", "Share of the time spent in the kernel."),
        percent("user_percent", "Share of the time spent in programs."),
        percent("idle_percent", "Share of the time without work."),
    ],
};
