//! The operators of a plan: what they are, and what each of them did.

use crate::shared::SharedExec;
use datafusion::physical_plan::metrics::{MetricValue, MetricsSet};
use datafusion::physical_plan::{ExecutionPlan, displayable};
use std::sync::Arc;
use std::time::Duration;

/// What one operator of a plan is, and did so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperatorStats {
    /// Number of operators above it.
    pub depth: usize,
    /// Its name and what it computes.
    pub operator: String,
    /// Rows that it gave.
    pub rows: u64,
    /// Bytes of the memory of those rows; shared memory is counted each time.
    pub bytes: u64,
    /// Time that it took itself, of all threads together.
    pub elapsed: Duration,
}

/// An operator of the engine that does nothing to rows.
const PLUMBING: &str = "CooperativeExec";

/// Returns the operators of a plan, each before those that it reads.
pub(crate) fn operators(plan: &Arc<dyn ExecutionPlan>) -> Vec<OperatorStats> {
    let mut found = Vec::new();
    let mut open = vec![(0, plan)];
    while let Some((depth, plan)) = open.pop() {
        if let (PLUMBING, [child]) = (plan.name(), plan.children().as_slice()) {
            open.push((depth, child));
            continue;
        }
        let metrics = plan.metrics().unwrap_or_default();
        found.push(OperatorStats {
            depth,
            operator: describe(plan),
            rows: metrics.output_rows().unwrap_or_default() as u64,
            bytes: bytes(&metrics),
            elapsed: Duration::from_nanos(metrics.elapsed_compute().unwrap_or_default() as u64),
        });
        let below = plan.downcast_ref::<SharedExec>();
        open.extend(
            below
                .and_then(SharedExec::shown)
                .map(|plan| (depth + 1, plan)),
        );
        open.extend(
            plan.children()
                .into_iter()
                .rev()
                .map(|child| (depth + 1, child)),
        );
    }
    found
}

fn bytes(metrics: &MetricsSet) -> u64 {
    let sum = metrics.sum(|metric| matches!(metric.value(), MetricValue::OutputBytes(_)));
    sum.map_or(0, |sum| sum.as_usize() as u64)
}

fn describe(plan: &Arc<dyn ExecutionPlan>) -> String {
    let line = displayable(plan.as_ref()).one_line().to_string();
    let line = line.trim_end();
    // `FilterExec: …` is the engine's word for a filter.
    match line.split_once("Exec") {
        Some((name, rest)) if name.chars().all(char::is_alphanumeric) => format!("{name}{rest}"),
        _ => line.to_owned(),
    }
}

/// Returns the operators of a plan as lines, each indented below the one that reads it.
pub(crate) fn text(plan: &Arc<dyn ExecutionPlan>) -> String {
    let mut out = String::new();
    for operator in operators(plan) {
        let indent = "  ".repeat(operator.depth);
        out.push_str(&format!("{indent}{}\n", operator.operator));
    }
    out
}

/// Returns plans as one graph in the language of Graphviz; with what each operator did, if asked.
pub(crate) fn graph(plans: &[(String, Arc<dyn ExecutionPlan>)], analyze: bool) -> String {
    let mut out = String::from("digraph {\n");
    for (number, (name, plan)) in plans.iter().enumerate() {
        out.push_str(&format!(
            "  subgraph cluster_{number} {{\n    label={};\n",
            quoted(name)
        ));
        let operators = operators(plan);
        // The ids of the operators from the top to the one before.
        let mut above: Vec<usize> = Vec::new();
        for (id, operator) in operators.iter().enumerate() {
            above.truncate(operator.depth);
            let mut label = operator.operator.clone();
            if analyze {
                label.push_str(&format!(
                    "\nself_time: {:?}\nbytes: {}\nrecords_processed: {}",
                    operator.elapsed, operator.bytes, operator.rows
                ));
            }
            let color = color(operator, above.is_empty());
            let node = format!("n{number}_{id}");
            out.push_str(&format!(
                "    {node} [shape=box, color={color}, label={}];\n",
                quoted(&label)
            ));
            if let Some(parent) = above.last() {
                out.push_str(&format!("    {node} -> n{number}_{parent};\n"));
            }
            above.push(id);
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    out
}

fn color(operator: &OperatorStats, is_last: bool) -> &'static str {
    if is_last {
        "red"
    } else if operator.operator.starts_with("TableScan") {
        "blue"
    } else {
        "black"
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\l"),
            other => out.push(other),
        }
    }
    out.push('"');
    out
}
