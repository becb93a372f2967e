//! The columns of tables that bpftrace programs of a script fill, as their `printf` tells them.
//!
//! `printf("time_:%llu pid:%u comm:%s", …)` makes three columns. Such a table can be compiled
//! against before its tracepoint is in place.

use crate::eval::Evaluator;
use crate::mutation::{Mutation, ProgramBody};
use arrow::datatypes::{Field, Schema};
use datafusion_expr::TableSource;
use datafusion_expr::logical_plan::builder::LogicalTableSource;
use nixie_types::DataType;
use std::sync::Arc;

/// LIMIT: columns of such a table.
const COLUMNS_MAX: usize = 64;

impl Evaluator<'_, '_> {
    /// Returns a table that a bpftrace program of this script fills, if its columns can be told.
    pub(super) fn traced_table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        let programs = self.mutations.iter().filter_map(|mutation| match mutation {
            Mutation::Upsert(tracepoint) => Some(&tracepoint.programs),
            _ => None,
        });
        let program = programs.flatten().find(|program| program.table == name)?;
        let ProgramBody::Bpftrace(text) = &program.body else {
            return None;
        };
        let columns = columns(format_of(text)?)?;
        let fields: Vec<Field> = columns
            .into_iter()
            .map(|(name, data_type)| Field::new(name, data_type.arrow(), false))
            .collect();
        Some(Arc::new(LogicalTableSource::new(Arc::new(Schema::new(
            fields,
        )))))
    }
}

/// Returns the format of the first `printf` of a program.
fn format_of(program: &str) -> Option<&str> {
    let (_, rest) = program.split_once("printf(")?;
    let rest = rest.trim_start().strip_prefix('"')?;
    rest.split('"').next()
}

/// Returns the columns of a format: words of the form `name:%spec`.
fn columns(format: &str) -> Option<Vec<(&str, DataType)>> {
    let mut columns: Vec<(&str, DataType)> = Vec::new();
    // A line break at the end is written `\n`.
    for word in format.trim_end_matches("\\n").split_whitespace() {
        let (name, spec) = word.split_once(":%")?;
        let is_new = columns.iter().all(|(known, _)| *known != name);
        if name.is_empty() || !is_new || columns.len() >= COLUMNS_MAX {
            return None;
        }
        let data_type = match (name, spec) {
            ("time_", _) => DataType::Time64Ns,
            (_, "s" | "r") => DataType::String,
            _ => DataType::Int64,
        };
        columns.push((name, data_type));
    }
    (!columns.is_empty()).then_some(columns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_printf_tells_the_columns() {
        let program = "kprobe:f { printf( \"time_:%llu pid:%u comm:%s\\n\", nsecs, pid, comm); }";
        let columns = columns(format_of(program).unwrap()).unwrap();
        assert_eq!(
            columns,
            [
                ("time_", DataType::Time64Ns),
                ("pid", DataType::Int64),
                ("comm", DataType::String),
            ]
        );
    }

    #[test]
    fn what_is_no_list_of_columns_tells_none() {
        for format in ["", "hello %d", "a:%d a:%d", ":%d", "a: %d"] {
            assert_eq!(columns(format), None, "{format}");
        }
        assert_eq!(format_of("kprobe:f { @n = count(); }"), None);
    }
}
