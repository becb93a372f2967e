//! The leaf of a plan that reads rows of a shared part.

use crate::output::value_bytes;
use crate::shared::part::SharedPart;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use datafusion::common::Result;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::metrics::{
    BaselineMetrics, ExecutionPlanMetricsSet, MetricBuilder, MetricsSet,
};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::{
    DisplayAs, DisplayFormatType, ExecutionPlan, Partitioning, PlanProperties,
};
use futures::{StreamExt, TryStreamExt};
use std::fmt;
use std::sync::Arc;

/// Delivers the rows of a part that several plans have in common.
#[derive(Debug)]
pub(crate) struct SharedExec {
    part: Arc<SharedPart>,
    projection: Option<Vec<usize>>,
    /// The plan that comes first shows how the part is computed.
    is_first: bool,
    metrics: ExecutionPlanMetricsSet,
    properties: Arc<PlanProperties>,
}

impl SharedExec {
    pub(super) fn new(
        part: Arc<SharedPart>,
        projection: Option<Vec<usize>>,
        is_first: bool,
    ) -> Result<Self> {
        let schema: SchemaRef = match &projection {
            Some(projection) => Arc::new(part.schema().project(projection)?),
            None => Arc::clone(part.schema()),
        };
        let properties = PlanProperties::new(
            EquivalenceProperties::new(schema),
            Partitioning::UnknownPartitioning(1),
            EmissionType::Final,
            Boundedness::Bounded,
        );
        Ok(Self {
            part,
            projection,
            is_first,
            metrics: ExecutionPlanMetricsSet::new(),
            properties: Arc::new(properties),
        })
    }

    /// Returns the plan of the part, for the plan that comes first. It is no child, because nothing
    /// about it is up to whoever reads the rows.
    pub(crate) fn shown(&self) -> Option<&Arc<dyn ExecutionPlan>> {
        self.part.prepared().filter(|_| self.is_first)
    }
}

impl DisplayAs for SharedExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let schema = self.schema();
        let names = schema.fields().iter().map(|field| field.name().as_str());
        let names: Vec<_> = names.collect();
        let (names, readers) = (names.join(", "), self.part.readers());
        write!(
            f,
            "Shared: columns=[{names}], computed once for {readers} readers"
        )
    }
}

impl ExecutionPlan for SharedExec {
    fn name(&self) -> &'static str {
        "Shared"
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

    fn metrics(&self) -> Option<MetricsSet> {
        Some(self.metrics.clone_inner())
    }

    fn execute(&self, partition: usize, _: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let part = Arc::clone(&self.part);
        let projection = self.projection.clone();
        let baseline = BaselineMetrics::new(&self.metrics, partition);
        let bytes = MetricBuilder::new(&self.metrics).output_bytes(partition);
        let held = futures::stream::once(async move { part.rows().await });
        let batches = held
            .map_ok(|held| {
                let number = held.batches.len();
                futures::stream::iter(0..number).map(move |index| Ok(held.batches[index].clone()))
            })
            .try_flatten();
        let batches = batches.map(move |batch: Result<RecordBatch>| {
            let mut batch = batch?;
            if let Some(projection) = &projection {
                batch = batch.project(projection)?;
            }
            baseline.record_output(batch.num_rows());
            bytes.add(usize::try_from(value_bytes(&batch)).unwrap_or(usize::MAX));
            Ok(batch)
        });
        let schema = self.schema();
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, batches)))
    }
}
