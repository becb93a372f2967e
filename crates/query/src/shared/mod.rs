//! Aggregations that several places of a program have in common are computed once.
//!
//! Scripts call one function for several tables of a page, and join a frame with itself. Each
//! output is run for itself, so without this each would group the same rows again. A part of a plan
//! is shared if it is an aggregation over stored tables, occurs in more than one place, and gives
//! the same result whenever it is run. Its rows are held, within the query's memory, until the last
//! output that reads them is done.
//!
//! What is not shared is an aggregation below a filter by a text or number that a column must
//! equal: such a filter goes down to the scan and spares it most rows. An aggregation that picks
//! rows by chance is shared even then, as all places speak of the same frame.

mod exec;
mod part;

pub(crate) use exec::SharedExec;

use crate::engine::{Resources, Sessions};
use crate::provider::StoredTable;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{Column, Result, TableReference};
use datafusion::datasource::{provider_as_source, source_as_provider};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Operator, Volatility};
use part::{SharedPart, SharedTable};
use std::cell::Cell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// LIMIT: operators that are compared, those below aggregations counted for each of them. Programs
/// with more share nothing.
const COMPARED_MAX: usize = 20_000;

/// Puts what is computed once in the place of each aggregation that occurs more than once.
///
/// # Errors
///
/// When the engine does not take a plan that was changed.
pub(crate) fn share(
    plans: &mut [&mut LogicalPlan],
    sessions: &Sessions,
    resources: &Resources,
) -> Result<()> {
    let Some(repeated) = repeated(plans) else {
        return Ok(());
    };
    let mut replacements = Replacements {
        parts: HashMap::new(),
        repeated,
        sessions,
        resources,
    };
    for plan in plans {
        **plan = replacements.replace((**plan).clone(), false)?;
    }
    Ok(())
}

/// Returns the aggregations that occur more than once, each with its number; those within others
/// that are shared count once. None if there are none, or too much would have to be compared.
fn repeated(plans: &[&mut LogicalPlan]) -> Option<HashMap<LogicalPlan, usize>> {
    let mut found: HashMap<&LogicalPlan, usize> = HashMap::new();
    let mut compared = 0;
    let mut open: Vec<_> = plans.iter().map(|plan| (&**plan, false)).collect();
    while let Some((plan, is_narrowed)) = open.pop() {
        if is_worth_it(plan, is_narrowed) {
            compared += operators(plan);
            if compared > COMPARED_MAX {
                return None;
            }
            if can_be_shared(plan) {
                let number = found.entry(plan).or_default();
                *number += 1;
                if *number > 1 {
                    continue;
                }
            }
        }
        let is_narrowed = is_narrowed || narrows(plan);
        let inputs = plan.inputs().into_iter();
        open.extend(inputs.map(|input| (input, is_narrowed)));
    }
    found.retain(|_, number| *number > 1);
    let owned = |(plan, number): (&LogicalPlan, usize)| (plan.clone(), number);
    let repeated: HashMap<_, _> = found.into_iter().map(owned).collect();
    (!repeated.is_empty()).then_some(repeated)
}

/// Returns true if a plan is worth to be shared.
fn is_worth_it(plan: &LogicalPlan, is_narrowed: bool) -> bool {
    let LogicalPlan::Aggregate(aggregate) = plan else {
        return false;
    };
    !is_narrowed || aggregate.aggr_expr.iter().any(is_by_chance)
}

/// Returns true if an aggregate gives another result each time.
fn is_by_chance(expr: &Expr) -> bool {
    let found = expr.exists(|part| {
        Ok(match part {
            Expr::AggregateFunction(call) => {
                call.func.signature().volatility == Volatility::Volatile
            }
            _ => false,
        })
    });
    found.unwrap_or(false)
}

/// Returns the number of operators of a plan.
fn operators(plan: &LogicalPlan) -> usize {
    let (mut number, mut open) = (0, vec![plan]);
    while let Some(plan) = open.pop() {
        number += 1;
        open.extend(plan.inputs());
    }
    number
}

/// Returns true if an operator spares what is below it most rows.
fn narrows(plan: &LogicalPlan) -> bool {
    matches!(plan, LogicalPlan::Filter(filter) if has_equality(&filter.predicate))
}

/// Returns true if a filter demands that a column equals a value.
fn has_equality(predicate: &Expr) -> bool {
    let Expr::BinaryExpr(binary) = predicate else {
        return false;
    };
    match binary.op {
        Operator::And => has_equality(&binary.left) || has_equality(&binary.right),
        Operator::Eq => matches!(
            (&*binary.left, &*binary.right),
            (Expr::Column(_), Expr::Literal(..)) | (Expr::Literal(..), Expr::Column(_))
        ),
        _ => false,
    }
}

/// Returns true if a plan gives the same rows for all that read it, and they can be told apart by
/// the names of their columns.
fn can_be_shared(plan: &LogicalPlan) -> bool {
    let mut names = HashSet::new();
    if !plan
        .schema()
        .fields()
        .iter()
        .all(|field| names.insert(field.name()))
    {
        return false;
    }
    let mut is_stable = true;
    let visited = plan.apply_with_subqueries(|node| {
        is_stable &= match node {
            // Plans do not compare where rows come from, but by the name of the table.
            LogicalPlan::TableScan(scan) => source_as_provider(&scan.source)
                .is_ok_and(|provider| provider.downcast_ref::<StoredTable>().is_some()),
            LogicalPlan::Extension(_) => false,
            _ => !node.expressions().iter().any(Expr::is_volatile),
        };
        Ok(if is_stable {
            TreeNodeRecursion::Continue
        } else {
            TreeNodeRecursion::Stop
        })
    });
    visited.is_ok() && is_stable
}

/// What takes the place of aggregations.
struct Replacements<'a> {
    /// Aggregations that occur more than once, each with its number.
    repeated: HashMap<LogicalPlan, usize>,
    /// What was made of them.
    parts: HashMap<LogicalPlan, Arc<SharedPart>>,
    sessions: &'a Sessions,
    resources: &'a Resources,
}

impl Replacements<'_> {
    fn replace(&mut self, plan: LogicalPlan, is_narrowed: bool) -> Result<LogicalPlan> {
        // Filters above the operator that is looked at.
        let filters = Cell::new(usize::from(is_narrowed));
        let replaced = plan.transform_down_up(
            |node| {
                let is_narrowed = filters.get() > 0;
                // To look a plan up is to read all of it.
                let readers = match is_worth_it(&node, is_narrowed) {
                    true => self.repeated.get(&node).copied(),
                    false => None,
                };
                let Some(readers) = readers else {
                    filters.set(filters.get() + usize::from(narrows(&node)));
                    return Ok(Transformed::no(node));
                };
                let part = self.part(&node, readers, is_narrowed)?;
                let read = read(&node, part)?;
                Ok(Transformed::new(read, true, TreeNodeRecursion::Jump))
            },
            |node| {
                filters.set(filters.get() - usize::from(narrows(&node)));
                Ok(Transformed::no(node))
            },
        )?;
        Ok(replaced.data)
    }

    fn part(
        &mut self,
        plan: &LogicalPlan,
        readers: usize,
        is_narrowed: bool,
    ) -> Result<Arc<SharedPart>> {
        if let Some(part) = self.parts.get(plan) {
            return Ok(Arc::clone(part));
        }
        // What is below may be shared with others, too.
        let inputs = plan.inputs().into_iter().cloned();
        let inputs: Vec<_> = inputs
            .map(|input| self.replace(input, is_narrowed))
            .collect::<Result<_>>()?;
        let below = plan.with_new_exprs(plan.expressions(), inputs)?;
        let (sessions, resources) = (self.sessions.clone(), self.resources.clone());
        let part = Arc::new(SharedPart::new(below, readers, sessions, resources));
        self.parts.insert(plan.clone(), Arc::clone(&part));
        Ok(part)
    }
}

/// Returns a plan that reads the rows of a part, with the columns of what it stands for.
fn read(plan: &LogicalPlan, part: Arc<SharedPart>) -> Result<LogicalPlan> {
    let table = TableReference::bare("shared");
    let columns = plan.schema().iter().map(|(qualifier, field)| {
        let column = Expr::Column(Column::new(Some(table.clone()), field.name()));
        column.alias_qualified(qualifier.cloned(), field.name())
    });
    let columns: Vec<_> = columns.collect();
    LogicalPlanBuilder::scan(
        table.clone(),
        provider_as_source(Arc::new(SharedTable(part))),
        None,
    )?
    .project(columns)?
    .build()
}

#[cfg(test)]
mod tests;
