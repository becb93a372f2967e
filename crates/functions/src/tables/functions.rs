//! Functions of the registry, and the table functions themselves.

use super::{Executor, TableFunction};
use crate::function::{Body, Function};
use crate::json::write_text;
use crate::registry::Registry;
use nixie_types::{ColumnSpec, DataType, TableSpec};

const COLUMNS: &[ColumnSpec] = &[
    ColumnSpec::new("name", DataType::String, "Name of the function."),
    ColumnSpec::new("return_type", DataType::String, "Type of the result."),
    ColumnSpec::new(
        "args",
        DataType::String,
        "Types of the arguments that are computed for each row, as JSON.",
    ),
];

/// `GetUDFList`
pub(super) static GET_UDF_LIST: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetUDFList",
        description: "Tells the functions of one row, once for each list of argument types.",
        columns: COLUMNS,
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: |question, rows| {
        for overload in overloads(question.registry, false) {
            overload.write(rows);
        }
        Ok(())
    },
};

/// `GetUDAList`
pub(super) static GET_UDA_LIST: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetUDAList",
        description: "Tells the aggregates, once for each type of argument.",
        columns: COLUMNS,
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: |question, rows| {
        for overload in overloads(question.registry, true) {
            overload.write(rows);
        }
        Ok(())
    },
};

/// `GetUDTFList`
pub(super) static GET_UDTF_LIST: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetUDTFList",
        description: "Tells the functions that give tables.",
        columns: &[
            ColumnSpec::new("name", DataType::String, "Name of the function."),
            ColumnSpec::new("executor", DataType::String, "Which agents answer."),
            ColumnSpec::new("init_args", DataType::String, "The arguments, as JSON."),
            ColumnSpec::new("output_relation", DataType::String, "The columns, as JSON."),
        ],
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: |question, rows| {
        let public = question.registry.table_functions();
        for function in public.filter(|function| !function.name().starts_with('_')) {
            rows.row()
                .string(function.name())
                .string(function.executor.name())
                .string(&arguments(function))
                .string(&relation(function))
                .end();
        }
        Ok(())
    },
};

/// A function with one list of argument types.
struct Overload {
    name: &'static str,
    returns: DataType,
    args: Vec<DataType>,
    /// Leading arguments that are literals, and are not told.
    literals: usize,
}

impl Overload {
    fn write(&self, rows: &mut nixie_types::Rows) {
        let types = self.args[self.literals..].iter();
        let names: Vec<_> = types
            .map(|data_type| format!("\"{}\"", data_type.name()))
            .collect();
        rows.row()
            .string(self.name)
            .string(self.returns.name())
            .string(&format!("{{\"args\":[{}]}}", names.join(",")))
            .end();
    }
}

/// Returns what scripts are to know of, sorted by name and then by types.
fn overloads(registry: &Registry, aggregates: bool) -> Vec<Overload> {
    let known = registry.functions();
    let public = known.filter(|function| !function.name.starts_with('_'));
    let wanted = public.filter(|function| function.is_aggregate() == aggregates);
    let mut all: Vec<_> = wanted.flat_map(overloads_of).collect();
    let key = |overload: &Overload| {
        let codes: Vec<_> = overload.args.iter().map(|arg| *arg as u8).collect();
        (overload.name, codes)
    };
    all.sort_by_key(key);
    all
}

fn overloads_of(function: &'static Function) -> Vec<Overload> {
    let name = function.name;
    match function.body {
        Body::Scalar(overloads) => overloads
            .iter()
            .map(|overload| Overload {
                name,
                returns: overload.kernel.returns(),
                args: overload.kernel.args().to_vec(),
                literals: overload.literals,
            })
            .collect(),
        Body::Aggregate(overloads) => overloads
            .iter()
            .map(|overload| Overload {
                name,
                returns: overload.returns,
                args: overload.args.to_vec(),
                literals: 0,
            })
            .collect(),
    }
}

fn arguments(function: &TableFunction) -> String {
    let args = function.args.iter().map(|arg| {
        object(&[
            ("name", arg.name),
            ("type", arg.data_type.name()),
            ("stype", arg.semantic_type.name()),
            ("desc", arg.doc),
        ])
    });
    format!("{{\"args\":[{}]}}", args.collect::<Vec<_>>().join(","))
}

fn relation(function: &TableFunction) -> String {
    let columns = function.table.columns.iter().map(|column| {
        object(&[
            ("name", column.name),
            ("type", column.data_type.name()),
            ("ptype", column.pattern_type.name()),
            ("desc", column.description),
        ])
    });
    let columns = columns.collect::<Vec<_>>().join(",");
    format!("{{\"relation\":[{columns}]}}")
}

fn object(members: &[(&str, &str)]) -> String {
    let mut out = String::from("{");
    for (name, value) in members {
        if out.len() > 1 {
            out.push(',');
        }
        write_text(&mut out, name);
        out.push(':');
        write_text(&mut out, value);
    }
    out.push('}');
    out
}
