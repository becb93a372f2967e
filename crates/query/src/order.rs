//! Decides whether the rows of a plan's tables must be read in order of time.
//!
//! PxL promises that map, filter and limit keep the order of time, and aggregations give none.
//! Rows that only feed an aggregation can be read by all threads at once; what a limit lets
//! through depends on the order even then.

use datafusion::logical_expr::LogicalPlan;

/// Returns true if some table of the plan must be read in order of time.
pub(crate) fn order_matters(plan: &LogicalPlan) -> bool {
    visit(plan, true)
}

fn visit(plan: &LogicalPlan, ordered: bool) -> bool {
    let ordered = match plan {
        LogicalPlan::TableScan(scan) => return ordered || scan.fetch.is_some(),
        LogicalPlan::Aggregate(_) | LogicalPlan::Distinct(_) => false,
        LogicalPlan::Limit(_) | LogicalPlan::Sort(_) => true,
        _ => ordered,
    };
    plan.inputs().into_iter().any(|input| visit(input, ordered))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::tests::catalog;
    use datafusion::functions_aggregate::expr_fn::count;
    use datafusion::logical_expr::LogicalPlanBuilder;
    use datafusion::prelude::{col, lit};
    use nixie_pxl::Catalog;

    fn scan() -> LogicalPlanBuilder {
        let source = catalog().table("http_events").unwrap();
        LogicalPlanBuilder::scan("http_events", source, None).unwrap()
    }

    fn counted(plan: LogicalPlanBuilder) -> LogicalPlanBuilder {
        plan.aggregate(vec![col("req_path")], vec![count(lit(1))])
            .unwrap()
    }

    #[test]
    fn filters_and_limits_need_the_order_of_time() {
        let filtered = scan().filter(col("latency").gt(lit(1_i64))).unwrap();
        assert!(order_matters(&filtered.clone().build().unwrap()));
        assert!(order_matters(
            &filtered.limit(0, Some(5)).unwrap().build().unwrap()
        ));
    }

    #[test]
    fn an_aggregation_needs_it_only_below_a_limit() {
        assert!(!order_matters(&counted(scan()).build().unwrap()));
        assert!(!order_matters(
            &counted(scan()).limit(0, Some(5)).unwrap().build().unwrap()
        ));
        let limited = scan().limit(0, Some(5)).unwrap();
        assert!(order_matters(&counted(limited).build().unwrap()));
    }

    #[test]
    fn one_ordered_branch_of_an_append_is_enough() {
        let paths = |plan: LogicalPlanBuilder| plan.project(vec![col("req_path")]).unwrap();
        let plan = paths(counted(scan()))
            .union(paths(scan()).build().unwrap())
            .unwrap();
        assert!(order_matters(&plan.build().unwrap()));
    }
}
