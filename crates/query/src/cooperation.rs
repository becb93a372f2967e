//! Makes joins stop when nobody waits for them any more.

use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use std::sync::Arc;

/// Returns the plan with joins that let others run now and then.
///
/// DataFusion sees to that at the leaves only. A join makes any number of rows of one batch of a
/// leaf, and whatever is above it takes them without ever coming back to the runtime, which could
/// then neither stop the query nor look at its time.
pub(crate) fn with_yielding_joins(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>> {
    let wrapped = plan.transform_up(|node| {
        if node.name().ends_with("JoinExec") {
            return Ok(Transformed::yes(
                Arc::new(CooperativeExec::new(node)) as Arc<_>
            ));
        }
        Ok(Transformed::no(node))
    })?;
    Ok(wrapped.data)
}
