//! Compiles scripts and runs their plans.

use crate::catalog::TableCatalog;
use crate::function_table::Answers;
use crate::order::order_matters;
use crate::output::{OutputStats, OutputStream};
use crate::provider::ScanScope;
use crate::{Completeness, QueryError, QueryLimits, operators, sql};
use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use arrow::datatypes::{Field, Schema};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::DataFusionError;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionConfig;
use nixie_functions::{AgentState, Registry};
use nixie_metadata::Metadata;
use nixie_pxl::{
    CompileOptions, Diagnostic, Export, Flags, FunctionCall, Mutation, OtelExport, Output,
    OutputColumn, Program,
};
use nixie_tables::{LossLog, TableStore};
use nixie_types::{DataType, SemanticType};
use std::pin::Pin;
use std::sync::{Arc, PoisonError};
use std::time::Instant;
use tokio::time::Sleep;

/// Name of the output that holds the plans.
pub const PLAN_OUTPUT: &str = "__query_plan__";

/// LIMIT: bytes of a plan in one row; a longer plan takes more rows.
const PLAN_ROW_BYTES_MAX: usize = (1 << 20) - (64 << 10);

/// Compiles and runs scripts over the tables of one agent.
pub struct Engine {
    store: Arc<TableStore>,
    losses: Arc<LossLog>,
    registry: Arc<Registry>,
    agent: Option<Arc<dyn AgentState>>,
    limits: QueryLimits,
    /// Made once: it registers all rules and functions of DataFusion.
    session: SessionState,
}

impl Engine {
    /// Returns an engine over some tables; metadata functions look up processes in `metadata`.
    #[must_use]
    pub fn new(store: Arc<TableStore>, metadata: Arc<Metadata>, limits: QueryLimits) -> Self {
        let session = SessionStateBuilder::new_with_default_features().build();
        let registry = Arc::new(Registry::new(metadata));
        Self {
            store,
            losses: Arc::default(),
            registry,
            agent: None,
            limits,
            session,
        }
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
        let mut catalog = TableCatalog::new(Arc::clone(&self.store));
        if let Some(agent) = &self.agent {
            catalog = catalog.with_answers(Answers {
                registry: Arc::clone(&self.registry),
                agent: Arc::clone(agent),
            });
        }
        nixie_pxl::compile_functions(script, &catalog, &self.registry, options, functions)
    }

    /// Compiles a query in SQL against the tables.
    ///
    /// # Errors
    ///
    /// The first problem that was found in the query.
    pub fn compile_sql(&self, sql: &str) -> Result<Program, Vec<Diagnostic>> {
        let catalog = TableCatalog::new(Arc::clone(&self.store));
        sql::compile(sql, &catalog, &self.registry, &self.session)
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
            memory: Arc::new(GreedyMemoryPool::new(self.limits.memory_bytes_max)),
            started: Instant::now(),
        }
    }

    /// Returns how each output of a program would be computed, without running it.
    ///
    /// # Errors
    ///
    /// When a plan cannot be prepared.
    pub async fn explain(&self, program: &Program) -> Result<Vec<Explained>, QueryError> {
        let memory: Arc<dyn MemoryPool> =
            Arc::new(GreedyMemoryPool::new(self.limits.memory_bytes_max));
        let mut explained = Vec::with_capacity(program.outputs.len());
        for output in &program.outputs {
            let prepared = self.prepare(output, &memory).await?;
            explained.push(Explained {
                output: output.name.clone(),
                rows_max: output.rows_max,
                plan: operators::text(&prepared.plan),
            });
        }
        Ok(explained)
    }

    /// Returns the plan of an output as it is run.
    async fn prepare(
        &self,
        output: &Output,
        memory: &Arc<dyn MemoryPool>,
    ) -> Result<Prepared, QueryError> {
        let logical = match output.rows_max {
            // One more than are shown tells that there are more.
            Some(rows) => LogicalPlanBuilder::from(output.plan.clone())
                .limit(0, Some(rows.saturating_add(1)))?
                .build()?,
            None => output.plan.clone(),
        };
        let scope = Arc::new(ScanScope {
            ordered: order_matters(&logical),
            ..ScanScope::default()
        });
        let session = self.session(Arc::clone(&scope), Arc::clone(memory))?;
        let plan = session.create_physical_plan(&logical).await?;
        Ok(Prepared {
            plan,
            session,
            scope,
        })
    }

    fn session(
        &self,
        scope: Arc<ScanScope>,
        memory: Arc<dyn MemoryPool>,
    ) -> Result<SessionState, QueryError> {
        // In order means by one thread: DataFusion interleaves the rows of several.
        let threads = if scope.ordered {
            1
        } else {
            self.limits.threads.max(1)
        };
        let config = SessionConfig::new()
            .with_target_partitions(threads)
            .with_batch_size(self.limits.batch_rows.max(1))
            .with_collect_statistics(false)
            .with_round_robin_repartition(false)
            .with_extension(scope);
        let no_disk = DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled);
        let runtime = RuntimeEnvBuilder::new()
            .with_memory_pool(memory)
            .with_disk_manager_builder(no_disk)
            .build_arc()?;
        let state = SessionStateBuilder::new_from_existing(self.session.clone())
            .with_config(config)
            .with_runtime_env(runtime)
            .build();
        Ok(state)
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

/// A plan that can be run.
struct Prepared {
    plan: Arc<dyn ExecutionPlan>,
    session: SessionState,
    scope: Arc<ScanScope>,
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
    memory: Arc<dyn MemoryPool>,
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
        let Some(output) = self.outputs.next() else {
            return self.plan_output();
        };
        if output.streaming {
            return Err(QueryError::Streaming {
                output: output.name,
            });
        }
        self.start(output).await.map(Some)
    }

    /// Starts the next export, or returns nothing after the last one: its rows, and what is to
    /// become of them.
    ///
    /// # Errors
    ///
    /// When the plan cannot be prepared.
    pub async fn next_export(&mut self) -> Result<Option<(OutputStream, OtelExport)>, QueryError> {
        match self.exports.next() {
            Some(Export { output, otel }) => Ok(Some((self.start(output).await?, otel))),
            None => Ok(None),
        }
    }

    async fn start(&mut self, output: Output) -> Result<OutputStream, QueryError> {
        let started = Instant::now();
        let engine = self.engine;
        let completeness = Completeness::of(&output.scans, &engine.store, &engine.losses);
        let Prepared {
            plan,
            session,
            scope,
        } = engine.prepare(&output, &self.memory).await?;
        if self.flags.explain || self.flags.analyze {
            self.plans.push((output.name.clone(), Arc::clone(&plan)));
        }
        let batches = execute_stream(Arc::clone(&plan), session.task_ctx())?;
        let scans = scope
            .counters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        Ok(OutputStream {
            name: output.name,
            columns: output.columns,
            batches,
            deadline: self.deadline(),
            limits: engine.limits,
            memory: Arc::clone(&self.memory),
            started,
            completeness,
            scans,
            stats: OutputStats::default(),
            plan,
            rows_max: output.rows_max.map(|rows| rows as u64),
            ended: false,
        })
    }

    fn deadline(&self) -> Pin<Box<Sleep>> {
        let time_max = self.engine.limits.time_max;
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
            .session(Arc::default(), Arc::clone(&self.memory))?;
        let plan: Arc<dyn ExecutionPlan> = source;
        let batches = execute_stream(Arc::clone(&plan), session.task_ctx())?;
        Ok(Some(OutputStream {
            name: PLAN_OUTPUT.to_owned(),
            columns: vec![OutputColumn {
                name: name.to_owned(),
                data_type: DataType::String,
                semantic_type: SemanticType::None,
            }],
            batches,
            deadline: self.deadline(),
            limits: self.engine.limits,
            memory: Arc::clone(&self.memory),
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
