//! Table functions: tables that tell of the agents, the functions and the engine itself.
//!
//! A script calls `px.NAME(…)` with literals and gets a DataFrame. What the rows are made of comes
//! from the registry of functions, from the metadata, and from an [`AgentState`], which whoever runs
//! the engine gives. [`TableFunction`]s are described like tables; type checking, documentation and
//! `GetUDTFList` iterate the one list of them.
//!
//! | rows | where |
//! |---|---|
//! | of agents, tables, tracepoints and scheduled scripts | `cluster.rs` |
//! | of functions | `functions.rs` |
//! | of what an agent knows and holds | `debug.rs` |
//! | of the memory of its allocator | `heap.rs` |
//! | of its process | `process.rs` |

mod cluster;
mod debug;
mod functions;
mod heap;
mod process;
mod state;

pub use state::{
    AgentInfo, AgentLife, AgentState, ProcessFile, ScriptRun, ScriptRunResult, TableInfo,
    Tracepoint,
};

use crate::function::Datum;
use crate::registry::Registry;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::compute::cast;
use datafusion_common::ScalarValue;
use nixie_metadata::Metadata;
use nixie_types::{DataType, Rows, SemanticType, TableSpec};
use std::fmt;
use std::io;
use std::sync::Arc;

/// A function callable as `px.NAME` that gives a table.
pub struct TableFunction {
    /// Name, what it tells in one paragraph, and its columns.
    pub table: TableSpec,
    /// Which agents answer.
    pub executor: Executor,
    /// Arguments, in order.
    pub args: &'static [TableArg],
    rows: fn(&Question<'_>, &mut Rows) -> Result<(), TableFunctionError>,
}

/// An argument of a table function: a literal.
#[derive(Debug)]
pub struct TableArg {
    /// Name.
    pub name: &'static str,
    /// Value type.
    pub data_type: DataType,
    /// Meaning.
    pub semantic_type: SemanticType,
    /// Its value when it is left out; one without must be given.
    pub default: Option<Datum>,
    /// What it does, in one sentence.
    pub doc: &'static str,
}

/// Which agents answer. An agent on its own is all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Executor {
    /// Every agent.
    AllAgents,
    /// Every agent that collects data.
    AllCollectors,
    /// One agent that aggregates.
    OneAggregator,
}

impl Executor {
    /// Returns the name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::AllAgents => "UDTF_ALL_AGENTS",
            Self::AllCollectors => "UDTF_ALL_PEM",
            Self::OneAggregator => "UDTF_ONE_KELVIN",
        }
    }
}

/// Why a table function gave no rows.
#[derive(Debug, thiserror::Error)]
pub enum TableFunctionError {
    /// Something of this host could not be read.
    #[error("`{function}` cannot read {what}")]
    Read {
        /// Name of the function.
        function: &'static str,
        /// What was to be read.
        what: &'static str,
        /// What the system said.
        source: io::Error,
    },
    /// The function does not do what it was asked.
    #[error("`{function}`: {message}")]
    Refused {
        /// Name of the function.
        function: &'static str,
        /// What was seen, what was expected, and what to do.
        message: &'static str,
    },
    /// The arguments are not those that the function has.
    #[error("`{function}` got {seen} arguments that do not fit, expected {expected}")]
    WrongArguments {
        /// Name of the function.
        function: &'static str,
        /// Number of arguments given.
        seen: usize,
        /// Number of arguments that the function has.
        expected: usize,
    },
    /// The rows could not be put together.
    #[error("rows of `{function}` cannot be put together")]
    Rows {
        /// Name of the function.
        function: &'static str,
        /// What went wrong.
        source: arrow::error::ArrowError,
    },
}

/// All table functions, sorted by name; those that begin with `_` are for debugging.
pub(crate) static ALL: &[&TableFunction] = &[
    &cluster::GET_AGENT_STATUS,
    &cluster::GET_CRON_SCRIPT_HISTORY,
    &cluster::GET_LINUX_HEADERS_STATUS,
    &cluster::GET_PROFILER_SAMPLING_PERIOD_MS,
    &cluster::GET_SCHEMAS,
    &cluster::GET_TABLES,
    &cluster::GET_TRACEPOINT_STATUS,
    &functions::GET_UDA_LIST,
    &functions::GET_UDF_LIST,
    &functions::GET_UDTF_LIST,
    &debug::VERSION,
    &process::DEBUG_AGENT_PROC_SMAPS,
    &process::DEBUG_AGENT_PROC_STATUS,
    &debug::DEBUG_MD_GET_WITH_PREFIX,
    &debug::DEBUG_MD_STATE,
    &process::DEBUG_STACK_TRACE,
    &debug::DEBUG_TABLE_INFO,
    &heap::HEAP_GROWTH_STACKS,
    &heap::HEAP_RANGES,
    &heap::HEAP_RELEASE_FREE_MEMORY,
    &heap::HEAP_SAMPLE,
    &heap::HEAP_STATS,
    &heap::HEAP_STATS_NUMERIC,
];

/// What a table function is asked, and what it can look at.
struct Question<'q> {
    function: &'static TableFunction,
    args: &'q [ScalarValue],
    registry: &'q Registry,
    metadata: &'q Metadata,
    agent: &'q dyn AgentState,
}

impl TableFunction {
    /// Returns the name.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.table.name
    }

    /// Returns the rows for some arguments, one for each of [`TableFunction::args`].
    ///
    /// # Errors
    ///
    /// When the arguments do not fit, or what the rows are made of cannot be read.
    pub fn evaluate(
        &'static self,
        args: &[ScalarValue],
        registry: &Registry,
        agent: &dyn AgentState,
    ) -> Result<RecordBatch, TableFunctionError> {
        let fits = args.len() == self.args.len()
            && args
                .iter()
                .zip(self.args)
                .all(|(arg, param)| arg.data_type() == param.data_type.arrow());
        if !fits {
            return Err(TableFunctionError::WrongArguments {
                function: self.name(),
                seen: args.len(),
                expected: self.args.len(),
            });
        }
        let question = Question {
            function: self,
            args,
            registry,
            metadata: registry.metadata(),
            agent,
        };
        let mut rows = Rows::new(&self.table);
        (self.rows)(&question, &mut rows)?;
        self.batch(rows).map_err(|source| TableFunctionError::Rows {
            function: self.name(),
            source,
        })
    }

    /// Returns the rows with the types that queries see.
    fn batch(&self, mut rows: Rows) -> Result<RecordBatch, arrow::error::ArrowError> {
        let schema = self.table.schema();
        let Some(stored) = rows.take() else {
            return Ok(RecordBatch::new_empty(schema));
        };
        let columns: Result<Vec<ArrayRef>, _> = stored
            .columns()
            .iter()
            .zip(schema.fields())
            .map(
                |(column, field)| match column.data_type() == field.data_type() {
                    true => Ok(Arc::clone(column)),
                    false => cast(column, field.data_type()),
                },
            )
            .collect();
        RecordBatch::try_new(schema, columns?)
    }
}

impl fmt::Debug for TableFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableFunction")
            .field("name", &self.table.name)
            .finish_non_exhaustive()
    }
}

impl Question<'_> {
    /// Returns the agent's short id, as a column has it.
    fn asid(&self) -> i64 {
        i64::from(self.metadata.asid())
    }

    fn flag(&self, index: usize) -> bool {
        matches!(self.args.get(index), Some(ScalarValue::Boolean(Some(true))))
    }

    fn text(&self, index: usize) -> &str {
        match self.args.get(index) {
            Some(ScalarValue::Utf8View(Some(text))) => text,
            _ => "",
        }
    }

    /// Returns true if this agent is meant by an argument that names one, or -1 for all.
    fn means_this_agent(&self, index: usize) -> bool {
        match self.args.get(index) {
            Some(ScalarValue::Int64(Some(asid))) => *asid == -1 || *asid == self.asid(),
            _ => false,
        }
    }

    fn read<T>(&self, what: &'static str, result: io::Result<T>) -> Result<T, TableFunctionError> {
        result.map_err(|source| TableFunctionError::Read {
            function: self.function.name(),
            what,
            source,
        })
    }
}

#[cfg(test)]
mod tests;
