//! Compiles scripts and runs their plans.

use crate::catalog::TableCatalog;
use crate::order::order_matters;
use crate::output::{OutputStats, OutputStream};
use crate::provider::ScanScope;
use crate::{Completeness, QueryError, QueryLimits};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::physical_plan::execute_stream;
use datafusion::prelude::SessionConfig;
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_pxl::{CompileOptions, Diagnostic, FunctionCall, Output, Program};
use nixie_tables::{LossLog, TableStore};
use std::sync::{Arc, PoisonError};
use std::time::Instant;

/// Compiles and runs scripts over the tables of one agent.
pub struct Engine {
    store: Arc<TableStore>,
    losses: Arc<LossLog>,
    registry: Registry,
    limits: QueryLimits,
    /// Made once: it registers all rules and functions of DataFusion.
    session: SessionState,
}

impl Engine {
    /// Returns an engine over some tables; metadata functions look up processes in `metadata`.
    #[must_use]
    pub fn new(store: Arc<TableStore>, metadata: Arc<Metadata>, limits: QueryLimits) -> Self {
        let session = SessionStateBuilder::new_with_default_features().build();
        let registry = Registry::new(metadata);
        Self {
            store,
            losses: Arc::default(),
            registry,
            limits,
            session,
        }
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
        let catalog = TableCatalog::new(Arc::clone(&self.store));
        nixie_pxl::compile(script, &catalog, &self.registry, options)
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
        let catalog = TableCatalog::new(Arc::clone(&self.store));
        nixie_pxl::compile_functions(script, &catalog, &self.registry, options, functions)
    }

    /// Starts a program. All its outputs together have one limit of memory and time.
    #[must_use]
    pub fn run(&self, program: Program) -> Run<'_> {
        Run {
            engine: self,
            outputs: program.outputs.into_iter(),
            memory: Arc::new(GreedyMemoryPool::new(self.limits.memory_bytes_max)),
            started: Instant::now(),
        }
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

/// A running program: delivers one output after the other.
pub struct Run<'a> {
    engine: &'a Engine,
    outputs: std::vec::IntoIter<Output>,
    memory: Arc<dyn MemoryPool>,
    started: Instant,
}

impl Run<'_> {
    /// Starts the next output, or returns nothing after the last one.
    ///
    /// # Errors
    ///
    /// When the plan cannot be prepared.
    pub async fn next_output(&mut self) -> Result<Option<OutputStream>, QueryError> {
        let Some(output) = self.outputs.next() else {
            return Ok(None);
        };
        let started = Instant::now();
        let engine = self.engine;
        let completeness = Completeness::of(&output.scans, &engine.store, &engine.losses);
        let ordered = order_matters(&output.plan);
        let scope = Arc::new(ScanScope {
            ordered,
            ..ScanScope::default()
        });
        let session = engine.session(Arc::clone(&scope), Arc::clone(&self.memory))?;
        let plan = session.create_physical_plan(&output.plan).await?;
        let batches = execute_stream(plan, session.task_ctx())?;
        let scans = scope
            .counters
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let time_left = engine
            .limits
            .time_max
            .saturating_sub(self.started.elapsed());
        Ok(Some(OutputStream {
            name: output.name,
            columns: output.columns,
            batches,
            deadline: Box::pin(tokio::time::sleep(time_left)),
            limits: engine.limits,
            memory: Arc::clone(&self.memory),
            started,
            completeness,
            scans,
            stats: OutputStats::default(),
            ended: false,
        }))
    }
}

#[cfg(test)]
mod tests;
