//! Renders the references of all functions.

use crate::function::{Datum, Function};
use crate::registry::Registry;
use crate::tables::TableFunction;
use nixie_types::SemanticType;
use std::fmt::Write as _;

/// Returns the reference of all functions as Markdown.
#[must_use]
pub fn render(registry: &Registry) -> String {
    let mut functions: Vec<_> = registry.functions().collect();
    functions.sort_by_key(|function| (function.family, function.name.trim_start_matches('_')));
    let mut out = String::from(
        "# Functions\n\n\
         Every function that PxL scripts can call as `px.NAME`, with the types that it takes. Types \
         must fit exactly; nothing is converted. Arguments marked `literal` must be known when the \
         script is compiled. There are no nulls: what is missing is `''`, `0`, `0.0` or `False`.\n\n\
         This page is made from the function registry; `UPDATE=1 cargo test -p nixie-functions` \
         writes it anew.\n",
    );
    let mut family = None;
    for function in functions {
        if family != Some(function.family) {
            family = Some(function.family);
            push(&mut out, format_args!("\n## {}\n", function.family.title()));
        }
        entry(&mut out, function);
    }
    out
}

/// Returns the reference of all table functions as Markdown.
#[must_use]
pub fn render_tables(registry: &Registry) -> String {
    let mut out = String::from(
        "# Table functions\n\n\
         Tables that tell of the agents, the functions and the engine itself. A script calls them as \
         `px.NAME(argument=value)` and gets a DataFrame; arguments are literals of exactly the type. \
         Within one query the same call gives the same rows. Those that begin with `_` are for \
         debugging.\n\n\
         This page is made from the function registry; `UPDATE=1 cargo test -p nixie-functions` \
         writes it anew.\n",
    );
    for function in registry.table_functions() {
        table_entry(&mut out, function);
    }
    out
}

fn table_entry(out: &mut String, function: &TableFunction) {
    let args = function.args.iter().map(|arg| match arg.default {
        Some(default) => format!("{}: {} = {default}", arg.name, arg.data_type.name()),
        None => format!("{}: {}", arg.name, arg.data_type.name()),
    });
    let args = args.collect::<Vec<_>>().join(", ");
    let (name, description) = (function.name(), function.table.description);
    push(
        out,
        format_args!(
            "\n## `{name}`\n\n{description}\n\n- `{name}({args})`, `{}`\n",
            function.executor.name()
        ),
    );
    for arg in function.args {
        push(out, format_args!("- `{}`: {}\n", arg.name, arg.doc));
    }
    out.push_str("\n| Column | Type | Meaning | Description |\n|---|---|---|---|\n");
    for column in function.table.columns {
        let meaning = match column.semantic_type {
            SemanticType::None => "",
            meaning => meaning.name(),
        };
        let (name, data_type) = (column.name, column.data_type.name());
        push(
            out,
            format_args!(
                "| `{name}` | {data_type} | {meaning} | {} |\n",
                column.description
            ),
        );
    }
}

fn entry(out: &mut String, function: &Function) {
    push(
        out,
        format_args!("\n### `{}`\n\n{}\n\n", function.name, function.doc),
    );
    for form in function.forms() {
        let (name, parameters) = (function.name, form.parameters().join(", "));
        let returns = form.returns.name();
        push(out, format_args!("- `{name}({parameters}) -> {returns}`\n"));
    }
    let values = |args: &[Datum]| {
        let values: Vec<_> = args.iter().map(Datum::to_string).collect();
        values.join(", ")
    };
    let result = function.example.result;
    if function.is_aggregate() {
        let columns = function.signatures().first().map_or(1, Vec::len);
        let rows = function.example.args.chunks(columns).map(|row| match row {
            [value] => value.to_string(),
            more => format!("({})", values(more)),
        });
        let rows = rows.collect::<Vec<_>>().join(", ");
        push(
            out,
            format_args!("\nExample: the rows {rows} give `{result}`\n"),
        );
    } else {
        push(
            out,
            format_args!(
                "\nExample: `px.{}({})` gives `{result}`\n",
                function.name,
                values(function.example.args)
            ),
        );
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    // Writing to a `String` cannot fail.
    out.write_fmt(text).unwrap_or_default();
}
