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

mod asked;
mod catalog;
mod diagnostics;
pub mod editor;
mod eval;
mod export_script;
mod flags;
mod literals;
mod mutation;
mod nesting;
mod objects;
mod otel;
mod parse;
mod plan;
mod spec_catalog;
mod strptime;
mod time;
mod views;
pub mod vis;

pub use asked::{Asked, Asks};
pub use catalog::{ColumnDescription, TableDescription, TableDescriptions};
pub use diagnostics::similar;
pub use export_script::export_script;
pub use flags::{Flags, ROWS_MAX_DEFAULT};
pub use mutation::{
    Mutation, Probe, ProgramBody, Selector, SelectorKind, Target, TraceProgram, Tracepoint,
};
pub use otel::{
    Export, OtelAttribute, OtelDefaults, OtelEndpoint, OtelExport, OtelMetric, OtelMetricData,
    OtelSpan, OtelSpanName, OtelValue,
};

use crate::diagnostics::{Diagnostics, Problem, Reported};
use crate::eval::{Evaluator, Sink};
use arrow::datatypes::SchemaRef;
use datafusion_common::ScalarValue;
use datafusion_expr::{LogicalPlan, TableSource};
use nixie_functions::{Registry, TableFunction};
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

    /// Returns what is said of a table or one of its columns, for people who write scripts.
    fn description(&self, table: &str, column: Option<&str>) -> Option<String> {
        let _ = (table, column);
        None
    }

    /// Returns what a table function gives for some arguments, one for each that it has. The same
    /// call within a script is to give the same rows. Without an agent to ask there are columns
    /// only, which is enough to check a script.
    fn table_function(
        &self,
        function: &'static TableFunction,
        args: Vec<ScalarValue>,
    ) -> Arc<dyn TableSource> {
        drop(args);
        Arc::new(ColumnsOnly(function.table.schema()))
    }
}

/// A table without rows, for scripts that are only checked.
struct ColumnsOnly(SchemaRef);

impl TableSource for ColumnsOnly {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0)
    }
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
    /// First and last time of the export that the script is run for, if it is run for one.
    pub plugin_range_ns: Option<(i64, i64)>,
    /// What all exports have in common.
    pub otel: OtelDefaults,
}

/// A checked script, ready to run.
#[derive(Debug, Default)]
pub struct Program {
    /// One entry for each displayed table, in the order of the script.
    pub outputs: Vec<Output>,
    /// One entry for each export, in the order of the script.
    pub exports: Vec<Export>,
    /// What the script changes on the agents before its tables can be read.
    pub mutations: Vec<Mutation>,
    /// What the `#px:set` lines of the script ask for.
    pub flags: Flags,
}

/// One displayed table.
#[derive(Clone, Debug, Default)]
pub struct Output {
    /// Name given to `px.display`, made unique.
    pub name: String,
    /// Columns in order, as the plan delivers them.
    pub columns: Vec<OutputColumn>,
    /// The plan that produces the rows.
    pub plan: LogicalPlan,
    /// Names of the tables that the plan reads, sorted, with the time range asked of each.
    pub scans: Vec<Scan>,
    /// Rows that are shown at most; none means all.
    pub rows_max: Option<usize>,
    /// The rows never end: those that come after the start are delivered too.
    pub streaming: bool,
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
    let flags = Flags::of(script, &mut diagnostics);
    let Ok(module) = parse::parse(script, &mut diagnostics) else {
        return Err(diagnostics.finish());
    };
    let lists = eval::exec::parse_lists(functions, &options.arguments);
    let evaluator = Evaluator::new(
        catalog,
        registry,
        options,
        functions,
        &lists,
        &mut diagnostics,
    );
    let asked = evaluator.run(&module.body);
    let mut program = Program {
        mutations: asked.mutations,
        flags,
        ..Program::default()
    };
    if diagnostics.is_empty() {
        for sink in asked.sinks {
            program
                .outputs
                .extend(output(&sink, &program.flags, &mut diagnostics));
        }
        for (number, export) in asked.exports.into_iter().enumerate() {
            let name = export_name(number);
            let frame = export.frame;
            let output = output(&Sink { name, frame }, &program.flags, &mut diagnostics);
            program.exports.extend(output.map(|output| Export {
                output,
                otel: export.otel,
            }));
        }
    }
    if diagnostics.is_empty() {
        Ok(program)
    } else {
        Err(diagnostics.finish())
    }
}

fn output(sink: &Sink, flags: &Flags, diagnostics: &mut Diagnostics<'_>) -> Option<Output> {
    match planned(sink, flags) {
        Ok(output) => Some(output),
        Err(error) => {
            let message = format!("output `{}` cannot be planned: {error}", sink.name);
            let _: Reported = diagnostics.report_nowhere(Problem::new("internal", message));
            None
        }
    }
}

fn export_name(number: usize) -> String {
    match number {
        0 => "export".to_owned(),
        number => format!("export_{number}"),
    }
}

fn planned(sink: &Sink, flags: &Flags) -> datafusion_common::Result<Output> {
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
        rows_max: flags.rows_max.filter(|_| !sink.frame.is_stream()),
        streaming: sink.frame.is_stream(),
    })
}
