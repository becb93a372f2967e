//! The leaf of every plan: delivers rows of a table.

use crate::data_access::Redaction;
use crate::output::ScanCounters;
use crate::time_range::TIME_COLUMN;
use arrow::array::RecordBatch;
use arrow::compute::SortOptions;
use arrow::datatypes::{Schema, SchemaRef};
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::expressions::col;
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr, PhysicalSortExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{
    BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use nixie_tables::{ScanOptions, SharedScan, Snapshot, TableError};
use std::fmt;
use std::sync::Arc;

/// Delivers the rows that a table held when the plan was made.
#[derive(Debug)]
pub(crate) struct TableScanExec {
    snapshot: Snapshot,
    options: ScanOptions,
    /// Set when several partitions share the rows among them.
    shared: Option<SharedScan>,
    counters: Arc<ScanCounters>,
    redaction: Redaction,
    metrics: ExecutionPlanMetricsSet,
    properties: Arc<PlanProperties>,
}

impl TableScanExec {
    /// Returns a scan. With one partition, rows come in order of time.
    pub(crate) fn new(
        snapshot: Snapshot,
        options: ScanOptions,
        partitions: usize,
        counters: Arc<ScanCounters>,
        redaction: impl FnOnce(&Schema) -> Redaction,
    ) -> Result<Self> {
        let schema = match &options.projection {
            Some(projection) => Arc::new(snapshot.schema().project(projection)?),
            None => snapshot.schema(),
        };
        let shared = match partitions {
            0 | 1 => None,
            _ => Some(snapshot.scan_shared(&options).map_err(external)?),
        };
        let properties = PlanProperties::new(
            equivalences(&schema, shared.is_none()),
            Partitioning::UnknownPartitioning(partitions.max(1)),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        Ok(Self {
            snapshot,
            options,
            shared,
            counters,
            redaction: redaction(&schema),
            metrics: ExecutionPlanMetricsSet::new(),
            properties: Arc::new(properties),
        })
    }
}

impl DisplayAs for TableScanExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TableScan: {}", self.counters.table())?;
        let schema = self.schema();
        let names: Vec<_> = schema
            .fields()
            .iter()
            .map(|field| field.name().as_str())
            .collect();
        write!(f, ", columns=[{}]", names.join(", "))?;
        if let Some(start) = self.options.start_ns {
            write!(f, ", {TIME_COLUMN} >= {start}")?;
        }
        if let Some(end) = self.options.end_ns {
            write!(f, ", {TIME_COLUMN} <= {end}")?;
        }
        let columns = self.snapshot.schema();
        for equal in &self.options.equal_texts {
            let name = columns.field(equal.column).name();
            write!(f, ", {name} = '{}'", equal.text)?;
        }
        if let Some(limit) = self.options.limit {
            write!(f, ", limit={limit}")?;
        }
        Ok(())
    }
}

impl ExecutionPlan for TableScanExec {
    fn name(&self) -> &'static str {
        "TableScan"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        Vec::new()
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn with_new_children(
        self: Arc<Self>,
        _: Vec<Arc<dyn ExecutionPlan>>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Ok(self)
    }

    /// A plan that is run again must deliver its rows again.
    fn reset_state(self: Arc<Self>) -> Result<Arc<dyn ExecutionPlan>> {
        let partitions = self.properties.partitioning.partition_count();
        let (snapshot, options) = (self.snapshot.clone(), self.options.clone());
        Ok(Arc::new(Self::new(
            snapshot,
            options,
            partitions,
            Arc::clone(&self.counters),
            |_| self.redaction.clone(),
        )?))
    }

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        type Batches = Box<dyn Iterator<Item = Result<RecordBatch, TableError>> + Send>;
        let mut batches: Batches = match &self.shared {
            Some(shared) => Box::new(shared.worker()),
            None => Box::new(self.snapshot.scan(&self.options).map_err(external)?),
        };
        let counters = Arc::clone(&self.counters);
        let redaction = self.redaction.clone();
        let baseline = BaselineMetrics::new(&self.metrics, partition);
        let bytes = MetricBuilder::new(&self.metrics).output_bytes(partition);
        let counted = std::iter::from_fn(move || {
            let timer = baseline.elapsed_compute().timer();
            let batch = batches.next()?;
            timer.done();
            let batch = batch
                .map_err(external)
                .and_then(|batch| redaction.apply(batch));
            Some(batch.inspect(|batch| {
                baseline.record_output(batch.num_rows());
                bytes.add(usize::try_from(counters.count(batch)).unwrap_or(usize::MAX));
            }))
        });
        let schema = self.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(
            schema,
            futures::stream::iter(counted),
        )))
    }
}

fn equivalences(schema: &SchemaRef, in_order: bool) -> EquivalenceProperties {
    let time = time_order(schema).filter(|_| in_order);
    EquivalenceProperties::new_with_orderings(Arc::clone(schema), time.map(|time| vec![time]))
}

fn time_order(schema: &Schema) -> Option<PhysicalSortExpr> {
    let time = col(TIME_COLUMN, schema).ok()?;
    Some(PhysicalSortExpr::new(
        time,
        SortOptions {
            descending: false,
            nulls_first: false,
        },
    ))
}

fn external(error: TableError) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
