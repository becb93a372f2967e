//! Turns the operator tree into the engine's logical plan.
//!
//! Columns are referred to by bare name: each source renames its columns right above the scan and
//! its time filter, each join renames both sides to the names that come out. Consecutive
//! assignments become one projection where they do not build on each other.

use crate::Scan;
use crate::plan::bind::{Typed, TypedKind};
use crate::plan::node::{AggregateOutput, Frame, JoinKind, Kind, Node};
use crate::plan::relation::Relation;
use datafusion_common::{Column, JoinType, Result, ScalarValue};
use datafusion_expr::{
    Case, Expr, Filter, LogicalPlan, LogicalPlanBuilder, Projection, TableSource, lit,
};
use nixie_types::DataType;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

/// Returns the plan of an output.
pub(crate) fn lower(frame: &Frame) -> Result<LogicalPlan> {
    Lowering {
        done: HashMap::new(),
    }
    .lower(frame, true)
}

/// Returns the tables that an output reads, sorted, each with the range asked of it.
pub(crate) fn scans(frame: &Frame) -> Vec<Scan> {
    let mut scans = Vec::new();
    let mut seen = std::collections::HashSet::new();
    let mut open = vec![frame];
    while let Some(node) = open.pop() {
        if !seen.insert(Rc::as_ptr(node)) {
            continue;
        }
        if let Kind::Source {
            table,
            start_ns,
            end_ns,
            ..
        } = &node.kind
        {
            let scan = Scan {
                table: table.to_string(),
                start_ns: *start_ns,
                end_ns: *end_ns,
            };
            if !scans.contains(&scan) {
                scans.push(scan);
            }
        }
        open.extend(node.kind.inputs());
    }
    scans.sort_by(|a, b| (&a.table, a.start_ns, a.end_ns).cmp(&(&b.table, b.start_ns, b.end_ns)));
    scans
}

struct Lowering {
    /// Plans of operators that are used several times.
    done: HashMap<(*const Node, bool), LogicalPlan>,
}

impl Lowering {
    /// Returns the plan of an operator. Only where `ordered` does the order of rows matter above.
    fn lower(&mut self, frame: &Frame, ordered: bool) -> Result<LogicalPlan> {
        let key = (Rc::as_ptr(frame), ordered);
        if let Some(plan) = self.done.get(&key) {
            return Ok(plan.clone());
        }
        // A chain of operators with one input is followed without recursion.
        let mut chain = Vec::new();
        let mut node = frame;
        let base = loop {
            match &node.kind {
                Kind::Assign { input, .. }
                | Kind::Filter { input, .. }
                | Kind::Limit { input, .. }
                | Kind::Poisoned { input }
                | Kind::Project { input }
                | Kind::Stream { input } => {
                    chain.push(node);
                    node = input;
                }
                Kind::Aggregate { .. }
                | Kind::Join { .. }
                | Kind::Source { .. }
                | Kind::Union { .. } => break node,
            }
        };
        // Which rows a limit lets through depends on their order, whatever is above.
        let is_limited = |node: &&Frame| matches!(node.kind, Kind::Limit { .. });
        let ordered = ordered || chain.iter().any(is_limited);
        let mut rows = Rows::new(self.base(base, ordered)?, &base.relation);
        for node in chain.into_iter().rev() {
            rows.apply(node)?;
        }
        let plan = rows.finish(&frame.relation)?;
        self.done.insert(key, plan.clone());
        Ok(plan)
    }

    fn base(&mut self, node: &Frame, ordered: bool) -> Result<LogicalPlan> {
        match &node.kind {
            Kind::Aggregate {
                input,
                groups,
                outputs,
            } => {
                let plan = self.lower(input, false)?;
                aggregate(plan, groups, outputs)
            }
            Kind::Join {
                left,
                right,
                how,
                on,
            } => {
                let (left_plan, right_plan) = (self.lower(left, false)?, self.lower(right, false)?);
                let plan = join(node, (left, left_plan), (right, right_plan), *how, on)?;
                by_time(plan, ordered, node)
            }
            Kind::Source {
                table,
                source: from,
                start_ns,
                end_ns,
            } => source(table, from, *start_ns, *end_ns, &node.relation),
            Kind::Union { inputs } => {
                let mut plans = inputs.iter().map(|input| {
                    let plan = self.lower(input, false)?;
                    project(plan, node.relation.names().map(column))
                });
                let Some(first) = plans.next() else {
                    return datafusion_common::internal_err!("a union has inputs");
                };
                let mut builder = LogicalPlanBuilder::from(first?);
                for plan in plans {
                    builder = builder.union(plan?)?;
                }
                by_time(builder.build()?, ordered, node)
            }
            other => datafusion_common::internal_err!("{other:?} has one input"),
        }
    }
}

/// Puts the rows of several inputs in the order of their time, where order matters.
fn by_time(plan: LogicalPlan, ordered: bool, node: &Node) -> Result<LogicalPlan> {
    if !ordered || !node.relation.has_time() {
        return Ok(plan);
    }
    LogicalPlanBuilder::from(plan)
        .sort([column("time_").sort(true, false)])?
        .build()
}

/// A plan and what is still to be computed above it.
struct Rows {
    plan: LogicalPlan,
    /// Name and value of each column, in no particular order.
    columns: Vec<(Rc<str>, Expr)>,
    /// True while every value is the plan's column of that name.
    plain: bool,
}

impl Rows {
    fn new(plan: LogicalPlan, relation: &Relation) -> Self {
        let columns = relation
            .columns
            .iter()
            .map(|c| (Rc::clone(&c.name), column(&c.name)));
        Self {
            plan,
            columns: columns.collect(),
            plain: true,
        }
    }

    fn apply(&mut self, node: &Node) -> Result<()> {
        match &node.kind {
            Kind::Assign { name, value, .. } => {
                if !self.reads_plain_columns(value) {
                    self.flush()?;
                }
                let value = expr(value);
                self.columns.retain(|(known, _)| known != name);
                self.columns.push((Rc::clone(name), value));
                self.plain = false;
            }
            Kind::Filter { predicate, .. } => {
                if !self.reads_plain_columns(predicate) {
                    self.flush()?;
                }
                let plan = std::mem::take(&mut self.plan);
                self.plan = filter(plan, expr(predicate))?;
            }
            Kind::Limit { rows, .. } => {
                // Below what is still to be computed, so that it is computed for fewer rows.
                let plan = std::mem::take(&mut self.plan);
                self.plan = LogicalPlanBuilder::from(plan)
                    .limit(0, Some(*rows))?
                    .build()?;
            }
            Kind::Project { .. } => {
                self.columns
                    .retain(|(name, _)| node.relation.column(name).is_some());
            }
            _ => {}
        }
        Ok(())
    }

    /// Returns true when all columns that a value reads are those of the plan.
    fn reads_plain_columns(&self, value: &Typed) -> bool {
        if self.plain {
            return true;
        }
        let mut open = vec![value];
        while let Some(typed) = open.pop() {
            match &typed.kind {
                TypedKind::Call { args, .. } => open.extend(args),
                TypedKind::Column(name) => {
                    let known = self.columns.iter().find(|(known, _)| known == name);
                    if known.is_none_or(|(_, value)| *value != column(name)) {
                        return false;
                    }
                }
                TypedKind::Literal(_) => {}
            }
        }
        true
    }

    fn flush(&mut self) -> Result<()> {
        let plan = std::mem::take(&mut self.plan);
        let values = self
            .columns
            .iter()
            .map(|(name, value)| value.clone().alias(&**name));
        self.plan = project(plan, values)?;
        for (name, value) in &mut self.columns {
            *value = column(name);
        }
        self.plain = true;
        Ok(())
    }

    fn finish(self, relation: &Relation) -> Result<LogicalPlan> {
        let have: Vec<_> = self
            .plan
            .schema()
            .fields()
            .iter()
            .map(|f| f.name().clone())
            .collect();
        if self.plain && relation.names().eq(have.iter().map(String::as_str)) {
            return Ok(self.plan);
        }
        let mut values: HashMap<_, _> = self.columns.into_iter().collect();
        let ordered = relation.columns.iter().map(|c| {
            let value = values.remove(&c.name).unwrap_or_else(|| column(&c.name));
            if value == column(&c.name) {
                value
            } else {
                value.alias(&*c.name)
            }
        });
        let ordered: Vec<_> = ordered.collect();
        project(self.plan, ordered)
    }
}

fn source(
    table: &str,
    source: &Arc<dyn TableSource>,
    start_ns: Option<i64>,
    end_ns: Option<i64>,
    relation: &Relation,
) -> Result<LogicalPlan> {
    let mut builder = LogicalPlanBuilder::scan(table_reference(table), Arc::clone(source), None)?;
    let time = |ns: i64| lit(ScalarValue::TimestampNanosecond(Some(ns), None));
    let qualified = |name: &str| Expr::Column(Column::new(Some(table_reference(table)), name));
    let mut bounds = Vec::new();
    bounds.extend(start_ns.map(|ns| qualified("time_").gt_eq(time(ns))));
    bounds.extend(end_ns.map(|ns| qualified("time_").lt_eq(time(ns))));
    if let Some(filter) = bounds.into_iter().reduce(Expr::and) {
        builder = builder.filter(filter)?;
    }
    builder
        .project(relation.names().map(|name| qualified(name).alias(name)))?
        .build()
}

// Names such as `stack_traces.beta` are one word, not a schema and a table.
fn table_reference(table: &str) -> datafusion_common::TableReference {
    datafusion_common::TableReference::bare(table)
}

fn aggregate(
    plan: LogicalPlan,
    groups: &[Rc<str>],
    outputs: &[AggregateOutput],
) -> Result<LogicalPlan> {
    let calls = outputs.iter().map(|output| {
        output
            .resolved
            .call(output.columns.iter().map(|name| column(name)).collect())
            .alias(&*output.name)
    });
    let builder =
        LogicalPlanBuilder::from(plan).aggregate(groups.iter().map(|name| column(name)), calls)?;
    if !groups.is_empty() {
        return builder.build();
    }
    // Over no rows the engine gives null, scripts get the aggregate's own default.
    let values = outputs
        .iter()
        .map(|output| match output.resolved.empty_value() {
            Some(empty) => non_null(column(&output.name), empty).alias(&*output.name),
            None => column(&output.name),
        });
    project(builder.build()?, values)
}

fn join(
    node: &Node,
    (left, left_plan): (&Frame, LogicalPlan),
    (right, right_plan): (&Frame, LogicalPlan),
    how: JoinKind,
    on: &[(Rc<str>, Rc<str>)],
) -> Result<LogicalPlan> {
    // The columns of the result are those of the left side, then those of the right side.
    let (left_out, right_out) = node.relation.columns.split_at(left.relation.columns.len());
    let rename = |plan: LogicalPlan, from: &Relation, to: &[crate::plan::Column]| {
        let names = from.columns.iter().zip(to);
        project(
            plan,
            names.map(|(from, to)| column(&from.name).alias(&*to.name)),
        )
    };
    let left_plan = rename(left_plan, &left.relation, left_out)?;
    let right_plan = rename(right_plan, &right.relation, right_out)?;
    let renamed = |from: &Relation, to: &[crate::plan::Column], name: &Rc<str>| {
        let index = from
            .columns
            .iter()
            .position(|known| known.name == *name)
            .unwrap_or_default();
        Column::new_unqualified(to[index].name.to_string())
    };
    let keys: (Vec<_>, Vec<_>) = on
        .iter()
        .map(|(l, r)| {
            (
                renamed(&left.relation, left_out, l),
                renamed(&right.relation, right_out, r),
            )
        })
        .unzip();
    let kind = match how {
        JoinKind::Inner => JoinType::Inner,
        JoinKind::Left => JoinType::Left,
        JoinKind::Outer => JoinType::Full,
        JoinKind::Right => JoinType::Right,
    };
    if on.is_empty() {
        return LogicalPlanBuilder::from(left_plan)
            .cross_join(right_plan)?
            .build();
    }
    let builder = LogicalPlanBuilder::from(left_plan).join(right_plan, kind, keys, None)?;
    if how == JoinKind::Inner {
        return builder.build();
    }
    let filled = |columns: &[crate::plan::Column], fill: bool| {
        let value = |c: &crate::plan::Column| {
            let value = column(&c.name);
            if fill {
                non_null(value, zero(c.data_type)).alias(&*c.name)
            } else {
                value
            }
        };
        columns.iter().map(value).collect::<Vec<_>>()
    };
    let mut values = filled(left_out, how != JoinKind::Left);
    values.extend(filled(right_out, how != JoinKind::Right));
    project(builder.build()?, values)
}

// The builder's own steps look at the whole plan below each time, to qualify names; ours are
// complete as they are.
fn project(plan: LogicalPlan, values: impl IntoIterator<Item = Expr>) -> Result<LogicalPlan> {
    let values = values.into_iter().collect();
    Ok(LogicalPlan::Projection(Projection::try_new(
        values,
        Arc::new(plan),
    )?))
}

fn filter(plan: LogicalPlan, predicate: Expr) -> Result<LogicalPlan> {
    Ok(LogicalPlan::Filter(Filter::try_new(
        predicate,
        Arc::new(plan),
    )?))
}

/// Returns the expression of a typed expression.
fn expr(typed: &Typed) -> Expr {
    match &typed.kind {
        TypedKind::Call { resolved, args } => resolved.call(args.iter().map(expr).collect()),
        TypedKind::Column(name) => column(name),
        TypedKind::Literal(literal) => lit(literal.to_scalar()),
    }
}

fn column(name: &str) -> Expr {
    Expr::Column(Column::new_unqualified(name))
}

fn non_null(value: Expr, default: ScalarValue) -> Expr {
    let when = (Box::new(value.clone().is_null()), Box::new(lit(default)));
    Expr::Case(Case::new(None, vec![when], Some(Box::new(value))))
}

/// Returns the value that stands for a missing one.
fn zero(data_type: DataType) -> ScalarValue {
    match data_type {
        DataType::Boolean => ScalarValue::Boolean(Some(false)),
        DataType::Float64 => ScalarValue::Float64(Some(0.0)),
        DataType::Int64 => ScalarValue::Int64(Some(0)),
        DataType::String => ScalarValue::Utf8View(Some(String::new())),
        DataType::Time64Ns => ScalarValue::TimestampNanosecond(Some(0), None),
        DataType::UInt128 => ScalarValue::FixedSizeBinary(16, Some(vec![0; 16])),
    }
}
