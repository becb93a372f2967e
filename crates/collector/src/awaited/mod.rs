//! Tables that scripts know and no source fills yet: one file a table.
//!
//! Scripts over them compile and give empty tables, and no memory is set aside for them. The
//! source or protocol that comes to fill a table takes its description over: its file moves to
//! that folder, and its word leaves the list below.

use nixie_types::{ColumnSpec, DataType, PatternType, SemanticType, TableSpec};

/// Declares the module of each table and lists it in [`TABLES`].
macro_rules! awaited {
    ($($name:ident),* $(,)?) => {
        $(mod $name;)*

        /// The tables, alphabetical.
        pub(crate) static TABLES: &[&TableSpec] = &[$(&$name::TABLE),*];
    };
}

awaited! {
    amqp_events, bcc_pid_cpu_usage, bpftrace_pid_cpu_usage, cql_events, dns_events, jvm_stats,
    kafka_events, mongodb_events, mux_events, mysql_events, nats_events, network_stats,
    pgsql_events, proc_stat, redis_events, sequence_generator0, sequence_generator1, stack_traces,
    tcp_stats_events, tls_events,
}

/// A whole number without further meaning.
const fn number(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description)
}

/// A number of an enumeration, with the names of its values.
const fn code(
    name: &'static str,
    description: &'static str,
    names: &'static [(i64, &'static str)],
) -> ColumnSpec {
    number(name, description)
        .pattern(PatternType::GeneralEnum)
        .decoder(names)
}

/// Text of which each row has its own.
const fn text(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::String, description)
}

/// Text with few different values.
const fn word(name: &'static str, description: &'static str) -> ColumnSpec {
    text(name, description).dictionary()
}

/// A running total of bytes.
const fn bytes_counter(name: &'static str, description: &'static str) -> ColumnSpec {
    crate::sources::counter(name, description).semantic(SemanticType::Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_table_is_both_filled_and_awaited() {
        let filled: BTreeSet<_> = crate::tables().iter().map(|table| table.name).collect();
        for table in TABLES {
            assert!(!filled.contains(table.name), "{}", table.name);
        }
    }
}
