//! A part of several plans, and its rows once somebody has asked for them.

use crate::QueryError;
use crate::engine::{Prepared, Resources, Sessions};
use crate::provider::ScanScope;
use crate::shared::SharedExec;
use arrow::array::{Array, ArrayData, RecordBatch};
use arrow::datatypes::SchemaRef;
use async_trait::async_trait;
use datafusion::catalog::{Session, TableProvider};
use datafusion::common::{Result, exec_err};
use datafusion::datasource::TableType;
use datafusion::error::DataFusionError;
use datafusion::execution::memory_pool::{MemoryConsumer, MemoryReservation};
use datafusion::logical_expr::{Expr, LogicalPlan};
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use futures::StreamExt;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// A part of several plans.
pub(super) struct SharedPart {
    plan: LogicalPlan,
    schema: SchemaRef,
    /// Number of places that read it.
    readers: usize,
    sessions: Sessions,
    resources: Resources,
    prepared: OnceCell<Prepared>,
    rows: OnceCell<Arc<HeldRows>>,
}

/// Rows, and the memory that they are counted for.
pub(super) struct HeldRows {
    pub(super) batches: Vec<RecordBatch>,
    _memory: MemoryReservation,
}

impl fmt::Debug for SharedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedPart")
            .field("readers", &self.readers)
            .finish_non_exhaustive()
    }
}

impl SharedPart {
    pub(super) fn new(
        plan: LogicalPlan,
        readers: usize,
        sessions: Sessions,
        resources: Resources,
    ) -> Self {
        let schema = Arc::clone(plan.schema().inner());
        Self {
            plan,
            schema,
            readers,
            sessions,
            resources,
            prepared: OnceCell::new(),
            rows: OnceCell::new(),
        }
    }

    /// Returns the number of places that read it.
    pub(super) const fn readers(&self) -> usize {
        self.readers
    }

    /// Returns the columns.
    pub(super) const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Returns how it is computed, once that is known.
    pub(super) fn prepared(&self) -> Option<&Arc<dyn ExecutionPlan>> {
        self.prepared.get().map(|prepared| &prepared.plan)
    }

    /// Returns the rows; who asks first has to wait for them.
    pub(super) async fn rows(&self) -> Result<Arc<HeldRows>> {
        let rows = self.rows.get_or_try_init(|| self.compute()).await?;
        Ok(Arc::clone(rows))
    }

    async fn compute(&self) -> Result<Arc<HeldRows>> {
        let Some(Prepared { plan, session, .. }) = self.prepared.get() else {
            return exec_err!("a shared part of a plan was run before it was prepared");
        };
        let memory =
            MemoryConsumer::new("rows of a shared aggregation").register(&self.resources.memory);
        let mut stream = execute_stream(Arc::clone(plan), session.task_ctx())?;
        let (mut batches, mut seen) = (Vec::new(), HashSet::new());
        while let Some(batch) = stream.next().await {
            // The engine's plan may know more of its columns than the part says.
            let batch = RecordBatch::try_new(Arc::clone(&self.schema), batch?.columns().to_vec())?;
            let columns = batch.columns().iter();
            let bytes = columns.map(|column| new_bytes(&column.to_data(), &mut seen));
            memory.try_grow(bytes.sum())?;
            batches.push(batch);
        }
        Ok(Arc::new(HeldRows {
            batches,
            _memory: memory,
        }))
    }
}

/// Returns the bytes of buffers that were not seen before: batches are slices of the same ones.
fn new_bytes(data: &ArrayData, seen: &mut HashSet<usize>) -> usize {
    let nulls = data.nulls().map(|nulls| nulls.buffer());
    let buffers = data.buffers().iter().chain(nulls);
    let new = buffers.filter(|buffer| seen.insert(buffer.data_ptr().addr().get()));
    let own: usize = new.map(|buffer| buffer.capacity()).sum();
    let below = data.child_data().iter();
    own + below.map(|child| new_bytes(child, seen)).sum::<usize>()
}

/// A part as a table of the plans that read it.
#[derive(Debug)]
pub(super) struct SharedTable(pub(super) Arc<SharedPart>);

#[async_trait]
impl TableProvider for SharedTable {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.0.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Temporary
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _: &[Expr],
        _: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let part = &self.0;
        let mut is_first = false;
        let prepared = part.prepared.get_or_try_init(|| {
            is_first = true;
            part.sessions.prepare(&part.plan, &part.resources)
        });
        let Prepared { scope, .. } = prepared.await.map_err(external)?;
        if is_first && let Some(outer) = session.config().get_extension::<ScanScope>() {
            // What is read is counted for the output that is run first.
            outer.add_counters(scope.counters());
        }
        let exec = SharedExec::new(Arc::clone(part), projection.cloned(), is_first)?;
        Ok(Arc::new(exec))
    }
}

fn external(error: QueryError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
