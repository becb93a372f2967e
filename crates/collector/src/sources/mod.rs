//! Everything that becomes rows without being a protocol: one folder a table.
//!
//! Each folder has `TABLE`, its description, and a function that appends rows of it. The line
//! below registers it.

use nixie_types::{ColumnSpec, DataType, PatternType, SemanticType, TableSpec};

/// Declares the module of each source and lists its table in [`TABLES`].
macro_rules! sources {
    ($($name:ident),* $(,)?) => {
        $(pub(crate) mod $name;)*

        /// The tables of all sources, alphabetical.
        pub(crate) static TABLES: &[&TableSpec] = &[$(&$name::TABLE),*];
    };
}

sources! { agent_status, conn_stats, probe_status, proc_exit_events, process_stats, stirling_error }

/// `time_`, as every table starts.
pub(crate) const TIME: ColumnSpec =
    ColumnSpec::new("time_", DataType::Time64Ns, "When the row was recorded.")
        .pattern(PatternType::MetricCounter);

/// `upid`, as most tables go on.
pub(crate) const UPID: ColumnSpec = ColumnSpec::new(
    "upid",
    DataType::UInt128,
    "The process that the row is about.",
)
.semantic(SemanticType::Upid);

/// A running total.
pub(crate) const fn counter(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description).pattern(PatternType::MetricCounter)
}

/// A momentary value.
pub(crate) const fn gauge(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description).pattern(PatternType::MetricGauge)
}

/// Status codes of `stirling_error.status` and `probe_status.status`.
pub(crate) const STATUS_OK: i64 = 0;
/// See [`STATUS_OK`]: something of the system failed.
pub(crate) const STATUS_SYSTEM: i64 = 12;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_starts_with_time_and_names_each_column_once() {
        for table in TABLES.iter().chain(crate::awaited::TABLES) {
            assert_eq!(table.columns[0].name, "time_", "{}", table.name);
            for (at, column) in table.columns.iter().enumerate() {
                assert_eq!(table.column_index(column.name), Some(at), "{}", table.name);
            }
        }
    }
}
