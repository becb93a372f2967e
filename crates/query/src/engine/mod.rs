//! Compiles scripts and runs their plans.

mod sessions;

pub(crate) use sessions::{Prepared, Resources, Sessions};

use crate::catalog::TableCatalog;
use crate::function_table::Answers;
use crate::output::{OutputStats, OutputStream};
use crate::shared::share;
use crate::stream::endless;
use crate::{Completeness, DataAccess, QueryError, QueryLimits, SqlDescription, operators, sql};
use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use arrow::datatypes::{Field, Schema};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::DataFusionError;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use nixie_functions::{AgentState, Registry};
use nixie_metadata::Metadata;
use nixie_pxl::editor::Help;
use nixie_pxl::{
    CompileOptions, Diagnostic, Export, Flags, FunctionCall, Mutation, OtelExport, Output,
    OutputColumn, Program,
};
use nixie_tables::{LossLog, TableStore};
use nixie_types::{DataType, SemanticType, clock};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// Name of the output that holds the plans.
pub const PLAN_OUTPUT: &str = "__query_plan__";

/// LIMIT: bytes of a plan in one row; a longer plan takes more rows.
const PLAN_ROW_BYTES_MAX: usize = (1 << 20) - (64 << 10);

/// Longer than any agent runs.
const NEVER: Duration = Duration::from_hours(24 * 365 * 10);

/// Compiles and runs scripts over the tables of one agent.
pub struct Engine {
    store: Arc<TableStore>,
    losses: Arc<LossLog>,
    registry: Arc<Registry>,
    agent: Option<Arc<dyn AgentState>>,
    sessions: Sessions,
}

impl Engine {
    /// Returns an engine over some tables; metadata functions look up processes in `metadata`.
    #[must_use]
    pub fn new(store: Arc<TableStore>, metadata: Arc<Metadata>, limits: QueryLimits) -> Self {
        let registry = Arc::new(Registry::new(metadata));
        Self {
            store,
            losses: Arc::default(),
            registry,
            agent: None,
            sessions: Sessions::new(limits),
        }
    }

    /// Returns the engine with another limit of what queries may see.
    #[must_use]
    pub fn with_access(mut self, access: DataAccess) -> Self {
        self.sessions.access = access;
        self
    }

    /// Returns what queries may see.
    #[must_use]
    pub const fn access(&self) -> DataAccess {
        self.sessions.access
    }

    /// Returns the engine with an agent that table functions ask.
    #[must_use]
    pub fn with_agent(mut self, agent: Arc<dyn AgentState>) -> Self {
        self.agent = Some(agent);
        self
    }

    /// Returns the tables.
    #[must_use]
    pub const fn store(&self) -> &Arc<TableStore> {
        &self.store
    }

    /// Returns where losses are to be recorded, so that results can tell of them.
    #[must_use]
    pub const fn losses(&self) -> &Arc<LossLog> {
        &self.losses
    }

    /// Compiles a script against the tables.
    ///
    /// # Errors
    ///
    /// All problems that were found in the script.
    pub fn compile(
        &self,
        script: &str,
        options: &CompileOptions,
    ) -> Result<Program, Vec<Diagnostic>> {
        self.compile_functions(script, options, &[])
    }

    /// Compiles a script and runs some of its functions, as a vis specification asks; without any,
    /// the same as [`Engine::compile`].
    ///
    /// # Errors
    ///
    /// All problems that were found in the script or with the functions.
    pub fn compile_functions(
        &self,
        script: &str,
        options: &CompileOptions,
        functions: &[FunctionCall],
    ) -> Result<Program, Vec<Diagnostic>> {
        let catalog = self.catalog();
        nixie_pxl::compile_functions(script, &catalog, &self.registry, options, functions)
    }

    /// Returns a script that exports what another one displays.
    ///
    /// # Errors
    ///
    /// All problems that were found in the script, or why what it displays cannot be exported.
    pub fn export_script(
        &self,
        script: &str,
        options: &CompileOptions,
    ) -> Result<String, Vec<Diagnostic>> {
        nixie_pxl::export_script(script, &self.catalog(), &self.registry, options)
    }

    /// Returns what is known of a script that is being written, and of a byte in it.
    #[must_use]
    pub fn editor_help(&self, script: &str, offset: Option<usize>) -> Help {
        let options = CompileOptions {
            now_ns: clock::now_ns(),
            ..CompileOptions::default()
        };
        Help::of(script, offset, &self.catalog(), &self.registry, &options)
    }

    fn catalog(&self) -> TableCatalog {
        let catalog = TableCatalog::new(Arc::clone(&self.store));
        match &self.agent {
            Some(agent) => catalog.with_answers(Answers {
                registry: Arc::clone(&self.registry),
                agent: Arc::clone(agent),
            }),
            None => catalog,
        }
    }

    /// Compiles a query in SQL against the tables; the columns of `row` are the values of its
    /// parameters, which are `?`, or `$1`, `$2`, ….
    ///
    /// # Errors
    ///
    /// The first problem that was found in the query or the values.
    pub fn compile_sql(
        &self,
        sql: &str,
        row: Option<&RecordBatch>,
    ) -> Result<Program, Vec<Diagnostic>> {
        let catalog = self.catalog();
        self.sql_compiler(&catalog).compile(sql, row)
    }

    /// Describes the result and the parameters of a query in SQL that have no values yet.
    ///
    /// # Errors
    ///
    /// The first problem that was found in the query.
    pub fn describe_sql(&self, sql: &str) -> Result<SqlDescription, Vec<Diagnostic>> {
        let catalog = self.catalog();
        self.sql_compiler(&catalog).describe(sql)
    }

    const fn sql_compiler<'a>(&'a self, catalog: &'a TableCatalog) -> sql::Compiler<'a> {
        sql::Compiler {
            catalog,
            registry: &self.registry,
            session: self.sessions.base(),
        }
    }

    /// Returns what is already known to be missing from the result of a program.
    #[must_use]
    pub fn completeness(&self, program: &Program) -> Completeness {
        let scans = program.outputs.iter().flat_map(|output| &output.scans);
        let scans: Vec<_> = scans.cloned().collect();
        Completeness::of(&scans, &self.store, &self.losses)
    }

    /// Starts a program. All its outputs together have one limit of memory and time.
    #[must_use]
    pub fn run(&self, program: Program) -> Run<'_> {
        Run {
            engine: self,
            flags: program.flags,
            mutations: program.mutations,
            outputs: program.outputs.into_iter(),
            exports: program.exports.into_iter(),
            plans: Vec::new(),
            is_shared: false,
            resources: self.sessions.resources(),
            started: Instant::now(),
        }
    }

    /// Returns how each output of a program would be computed, without running it.
    ///
    /// # Errors
    ///
    /// When a plan cannot be prepared.
    pub async fn explain(&self, program: &Program) -> Result<Vec<Explained>, QueryError> {
        let resources = self.sessions.resources();
        let mut outputs = program.outputs.clone();
        self.share(outputs.iter_mut(), &resources)?;
        let mut explained = Vec::with_capacity(outputs.len());
        for output in outputs {
            let prepared = self.prepare(&output, &resources).await?;
            explained.push(Explained {
                output: output.name,
                rows_max: output.rows_max,
                plan: operators::text(&prepared.plan),
            });
        }
        Ok(explained)
    }

    /// Lets the plans of outputs share what they have in common. Streams are run again and again
    /// over other rows.
    fn share<'o>(
        &self,
        outputs: impl Iterator<Item = &'o mut Output>,
        resources: &Resources,
    ) -> Result<(), QueryError> {
        let bounded = outputs.filter(|output| !output.streaming);
        let mut plans: Vec<_> = bounded.map(|output| &mut output.plan).collect();
        Ok(share(&mut plans, &self.sessions, resources)?)
    }

    /// Returns the plan of an output as it is run.
    async fn prepare(
        &self,
        output: &Output,
        resources: &Resources,
    ) -> Result<Prepared, QueryError> {
        let logical = match output.rows_max {
            // One more than are shown tells that there are more.
            Some(rows) => LogicalPlanBuilder::from(output.plan.clone())
                .limit(0, Some(rows.saturating_add(1)))?
                .build()?,
            None => output.plan.clone(),
        };
        self.sessions.prepare(&logical, resources).await
    }
}

/// How one output of a program is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Name of the output.
    pub output: String,
    /// Rows that are shown at most.
    pub rows_max: Option<usize>,
    /// One operator a line, each indented below the one that reads it.
    pub plan: String,
}

/// A running program: delivers one output after the other, then one export after the other.
pub struct Run<'a> {
    engine: &'a Engine,
    flags: Flags,
    mutations: Vec<Mutation>,
    outputs: std::vec::IntoIter<Output>,
    exports: std::vec::IntoIter<Export>,
    /// What was run, when the script asks for its plan.
    plans: Vec<(String, Arc<dyn ExecutionPlan>)>,
    /// What the plans have in common has been found.
    is_shared: bool,
    pub(crate) resources: Resources,
    started: Instant,
}

impl Run<'_> {
    /// Starts the next output, or returns nothing after the last one.
    ///
    /// # Errors
    ///
    /// When the plan cannot be prepared, or when the script asks for what cannot be done here.
    pub async fn next_output(&mut self) -> Result<Option<OutputStream>, QueryError> {
        if !self.mutations.is_empty() {
            let understood = self.mutations.drain(..).map(|change| change.to_string());
            let understood = understood.collect();
            self.outputs = Vec::new().into_iter();
            self.exports = Vec::new().into_iter();
            return Err(QueryError::NotDeployable { understood });
        }
        self.share()?;
        let Some(output) = self.outputs.next() else {
            return self.plan_output();
        };
        self.start(output).await.map(Some)
    }

    /// Starts the next export, or returns nothing after the last one: its rows, and what is to
    /// become of them.
    ///
    /// # Errors
    ///
    /// When the plan cannot be prepared.
    pub async fn next_export(&mut self) -> Result<Option<(OutputStream, OtelExport)>, QueryError> {
        self.share()?;
        match self.exports.next() {
            Some(Export { output, otel }) => Ok(Some((self.start(output).await?, otel))),
            None => Ok(None),
        }
    }

    /// Lets plans share what they have in common.
    fn share(&mut self) -> Result<(), QueryError> {
        if std::mem::replace(&mut self.is_shared, true) {
            return Ok(());
        }
        let exports = self.exports.as_mut_slice().iter_mut();
        let exported = exports.map(|export| &mut export.output);
        let outputs = self.outputs.as_mut_slice().iter_mut();
        self.engine.share(outputs.chain(exported), &self.resources)
    }

    async fn start(&mut self, output: Output) -> Result<OutputStream, QueryError> {
        let started = Instant::now();
        let engine = self.engine;
        let completeness = Completeness::of(&output.scans, &engine.store, &engine.losses);
        let prepared = engine.prepare(&output, &self.resources).await?;
        let batches = if output.streaming {
            endless(
                &prepared,
                engine.sessions.clone(),
                output.plan,
                Arc::clone(&self.resources.memory),
                &engine.store,
                output.scans.iter().map(|scan| scan.table.clone()),
            )
        } else {
            execute_stream(Arc::clone(&prepared.plan), prepared.session.task_ctx())?
        };
        let Prepared { plan, scope, .. } = prepared;
        if self.flags.explain || self.flags.analyze {
            self.plans.push((output.name.clone(), Arc::clone(&plan)));
        }
        Ok(OutputStream {
            name: output.name,
            columns: output.columns,
            streaming: output.streaming,
            batches,
            deadline: if output.streaming {
                never()
            } else {
                self.deadline()
            },
            limits: engine.sessions.limits,
            memory: Arc::clone(&self.resources.memory),
            started,
            completeness,
            scans: scope.counters(),
            stats: OutputStats::default(),
            plan,
            rows_max: output.rows_max.map(|rows| rows as u64),
            ended: false,
        })
    }

    fn deadline(&self) -> Pin<Box<Sleep>> {
        let time_max = self.engine.sessions.limits.time_max;
        Box::pin(tokio::time::sleep(
            time_max.saturating_sub(self.started.elapsed()),
        ))
    }

    /// Returns the plans of all outputs as one more output, when the script asks for them.
    fn plan_output(&mut self) -> Result<Option<OutputStream>, QueryError> {
        if self.plans.is_empty() {
            return Ok(None);
        }
        let plans = std::mem::take(&mut self.plans);
        let text = operators::graph(&plans, self.flags.analyze);
        let name = "query_plan";
        let field = Field::new(name, DataType::String.arrow(), false);
        let schema = Arc::new(Schema::new(vec![field]));
        let rows: ArrayRef = Arc::new(StringViewArray::from_iter_values(chunks(&text)));
        let batch =
            RecordBatch::try_new(Arc::clone(&schema), vec![rows]).map_err(DataFusionError::from)?;
        let source = MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None)?;
        let session = self
            .engine
            .sessions
            .session(Arc::default(), Arc::clone(&self.resources.memory))?;
        let plan: Arc<dyn ExecutionPlan> = source;
        let batches = execute_stream(Arc::clone(&plan), session.task_ctx())?;
        Ok(Some(OutputStream {
            name: PLAN_OUTPUT.to_owned(),
            columns: vec![OutputColumn {
                name: name.to_owned(),
                data_type: DataType::String,
                semantic_type: SemanticType::None,
            }],
            streaming: false,
            batches,
            deadline: self.deadline(),
            limits: self.engine.sessions.limits,
            memory: Arc::clone(&self.resources.memory),
            started: Instant::now(),
            completeness: Completeness::default(),
            scans: Vec::new(),
            stats: OutputStats::default(),
            plan,
            rows_max: None,
            ended: false,
        }))
    }
}

/// Returns the deadline of what has none.
fn never() -> Pin<Box<Sleep>> {
    Box::pin(tokio::time::sleep(NEVER))
}

/// Returns a text in parts that fit into one row.
fn chunks(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (part, more) = rest.split_at(rest.floor_char_boundary(PLAN_ROW_BYTES_MAX));
        parts.push(part);
        rest = more;
    }
    parts
}

#[cfg(test)]
mod tests;
