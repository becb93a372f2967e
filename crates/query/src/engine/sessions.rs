//! How DataFusion is set up for a query.

use crate::cooperation::with_yielding_joins;
use crate::order::order_matters;
use crate::provider::{QueryRows, ScanScope};
use crate::steps::keep_apart;
use crate::{DataAccess, QueryError, QueryLimits};
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::memory_pool::{GreedyMemoryPool, MemoryPool};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::prelude::SessionConfig;
use std::sync::Arc;

/// Makes the session of each query.
#[derive(Clone)]
pub(crate) struct Sessions {
    pub(crate) limits: QueryLimits,
    pub(crate) access: DataAccess,
    /// Made once: it registers all rules and functions of DataFusion.
    base: SessionState,
}

/// What the plans of one query have in common.
#[derive(Clone)]
pub(crate) struct Resources {
    /// Where they take memory from.
    pub(crate) memory: Arc<dyn MemoryPool>,
    /// The rows that they read.
    pub(crate) rows: Arc<QueryRows>,
}

/// A plan that can be run.
pub(crate) struct Prepared {
    pub(crate) plan: Arc<dyn ExecutionPlan>,
    pub(crate) session: SessionState,
    pub(crate) scope: Arc<ScanScope>,
}

impl Sessions {
    pub(crate) fn new(limits: QueryLimits) -> Self {
        let base = SessionStateBuilder::new_with_default_features().build();
        let access = DataAccess::default();
        Self {
            limits,
            access,
            base,
        }
    }

    /// Returns what all sessions have in common.
    pub(crate) const fn base(&self) -> &SessionState {
        &self.base
    }

    /// Returns what a new query starts with.
    pub(crate) fn resources(&self) -> Resources {
        Resources {
            memory: Arc::new(GreedyMemoryPool::new(self.limits.memory_bytes_max)),
            rows: Arc::default(),
        }
    }

    /// Returns the plan as it is run.
    pub(crate) async fn prepare(
        &self,
        logical: &LogicalPlan,
        resources: &Resources,
    ) -> Result<Prepared, QueryError> {
        let rows = Arc::clone(&resources.rows);
        let scope = Arc::new(ScanScope::new(order_matters(logical), self.access, rows));
        let session = self.session(Arc::clone(&scope), Arc::clone(&resources.memory))?;
        let logical = keep_apart(logical.clone())?;
        let plan = with_yielding_joins(session.create_physical_plan(&logical).await?)?;
        Ok(Prepared {
            plan,
            session,
            scope,
        })
    }

    pub(crate) fn session(
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
        let state = SessionStateBuilder::new_from_existing(self.base.clone())
            .with_config(config)
            .with_runtime_env(runtime)
            .build();
        Ok(state)
    }
}
