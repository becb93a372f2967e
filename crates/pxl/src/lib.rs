//! Parses and checks PxL and produces logical plans, or diagnostics with line and column.
//!
//! [`compile`] is the whole interface: text in, a [`Program`] or [`Diagnostic`]s out. The crate
//! knows tables only by the [`Catalog`] that it is given, functions only by the registry of
//! `nixie-functions`, and time only by [`CompileOptions::now_ns`].

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod diagnostics;
mod eval;
mod nesting;
mod objects;
mod parse;
mod plan;
mod spec_catalog;
mod time;
pub mod vis;

use crate::diagnostics::{Diagnostics, Problem, Reported};
use crate::eval::{Evaluator, Sink};
use datafusion_expr::{LogicalPlan, TableSource};
use nixie_functions::Registry;
use nixie_types::{DataType, SemanticType};
use std::collections::BTreeMap;
use std::sync::Arc;

pub use spec_catalog::SpecCatalog;

/// The tables that a script can read.
pub trait Catalog: Send + Sync {
    /// Returns a table by name. Its fields carry semantic types under
    /// [`nixie_types::table::SEMANTIC_TYPE_KEY`].
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>>;

    /// Returns all table names, sorted.
    fn table_names(&self) -> Vec<String>;
}

/// What a compilation depends on besides the text, the tables and the functions.
#[derive(Clone, Debug, Default)]
pub struct CompileOptions {
    /// Wall-clock time that `px.now()` and relative times refer to.
    pub now_ns: i64,
    /// Name of the script in diagnostics, for example `px/http_data` or a file name.
    pub script_name: String,
    /// Script arguments by name, as text.
    pub arguments: BTreeMap<String, String>,
}

/// A checked script, ready to run.
#[derive(Debug)]
pub struct Program {
    /// One entry for each displayed table, in the order of the script.
    pub outputs: Vec<Output>,
}

/// One displayed table.
#[derive(Debug)]
pub struct Output {
    /// Name given to `px.display`, made unique.
    pub name: String,
    /// Columns in order, as the plan delivers them.
    pub columns: Vec<OutputColumn>,
    /// The plan that produces the rows.
    pub plan: LogicalPlan,
    /// Names of the tables that the plan reads, sorted, with the time range asked of each.
    pub scans: Vec<Scan>,
}

/// A column of a displayed table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputColumn {
    /// Name.
    pub name: String,
    /// Value type.
    pub data_type: DataType,
    /// Meaning.
    pub semantic_type: SemanticType,
}

/// A table read by a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// Name of the table.
    pub table: String,
    /// First time asked for, inclusive; none means the oldest row held.
    pub start_ns: Option<i64>,
    /// Last time asked for, inclusive; none means the newest row.
    pub end_ns: Option<i64>,
}

/// A problem in a script, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, for example `unknown-column`.
    pub code: &'static str,
    /// What was seen and what was expected.
    pub message: String,
    /// Line, from 1; 0 when the problem has no place.
    pub line: usize,
    /// Column in characters, from 1; 0 when the problem has no place.
    pub column: usize,
    /// Number of characters to underline.
    pub width: usize,
    /// What to do about it, if that is known.
    pub help: Option<String>,
}

/// A function of the script to run, with an output for what it returns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FunctionCall {
    /// Name of a function at the top level of the script.
    pub function: String,
    /// Arguments as text; each is converted to the type of the parameter's annotation.
    pub arguments: BTreeMap<String, String>,
    /// Name of the output; when the function returns several tables, `[0]`, `[1]` … follow.
    pub output: String,
}

/// Compiles a script.
///
/// # Errors
///
/// All problems that were found, in the order of their places.
pub fn compile(
    script: &str,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Result<Program, Vec<Diagnostic>> {
    compile_functions(script, catalog, registry, options, &[])
}

/// Compiles a script and runs some of its functions, as the widgets of a vis specification ask.
///
/// With at least one function, `px.display` does nothing and the functions' results are the
/// outputs.
///
/// # Errors
///
/// All problems that were found, in the order of their places.
pub fn compile_functions(
    script: &str,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
    functions: &[FunctionCall],
) -> Result<Program, Vec<Diagnostic>> {
    let mut diagnostics = Diagnostics::new(script);
    let Ok(module) = parse::parse(script, &mut diagnostics) else {
        return Err(diagnostics.finish());
    };
    let evaluator = Evaluator::new(catalog, registry, options, functions, &mut diagnostics);
    let sinks = evaluator.run(&module.body);
    let mut outputs = Vec::with_capacity(sinks.len());
    if diagnostics.is_empty() {
        for sink in sinks {
            match output(&sink) {
                Ok(output) => outputs.push(output),
                Err(error) => {
                    let message = format!("output `{}` cannot be planned: {error}", sink.name);
                    let _: Reported = diagnostics.report_nowhere(Problem::new("internal", message));
                }
            }
        }
    }
    if diagnostics.is_empty() {
        Ok(Program { outputs })
    } else {
        Err(diagnostics.finish())
    }
}

fn output(sink: &Sink) -> datafusion_common::Result<Output> {
    let column = |column: &plan::Column| OutputColumn {
        name: column.name.to_string(),
        data_type: column.data_type,
        semantic_type: column.semantic_type,
    };
    Ok(Output {
        name: sink.name.clone(),
        columns: sink.frame.relation.columns.iter().map(column).collect(),
        plan: plan::lower::lower(&sink.frame)?,
        scans: plan::lower::scans(&sink.frame),
    })
}
