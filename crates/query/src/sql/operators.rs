//! Operators of SQL that are computed as those of PxL are.
//!
//! The engine puts NaN above all numbers and makes it equal to itself; in PxL, as in IEEE 754, each
//! comparison with it is false but `!=`. And `a || b` makes no more text than a function may.

use super::bounded::limited;
use arrow::datatypes::DataType as ArrowType;
use datafusion::common::DFSchema;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::error::Result;
use datafusion::logical_expr::expr::{Between, BinaryExpr};
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::utils::merge_schema;
use datafusion::logical_expr::{Expr, ExprSchemable, LogicalPlan, Operator, binary_expr, cast};
use nixie_functions::Registry;
use nixie_types::DataType;

/// What takes the place of operators.
pub(super) struct Operators<'a> {
    pub(super) registry: &'a Registry,
}

impl Operators<'_> {
    /// Returns the plan with the operators as PxL has them.
    pub(super) fn replace(&self, plan: LogicalPlan) -> Result<LogicalPlan> {
        let replaced = plan.transform_up_with_subqueries(|node| {
            let mut schema = merge_schema(&node.inputs());
            if let LogicalPlan::TableScan(scan) = &node {
                schema.merge(&DFSchema::try_from_qualified_schema(
                    scan.table_name.clone(),
                    &scan.source.schema(),
                )?);
            }
            let names = NamePreserver::new(&node);
            node.map_expressions(|expr| {
                let name = names.save(&expr);
                let replaced = expr.transform_up(|part| self.operator(part, &schema))?;
                Ok(replaced.update_data(|expr| name.restore(expr)))
            })
        })?;
        Ok(replaced.data)
    }

    fn operator(&self, expr: Expr, schema: &DFSchema) -> Result<Transformed<Expr>> {
        match expr {
            Expr::BinaryExpr(BinaryExpr { left, op, right }) => {
                match self.binary(&left, op, &right, schema)? {
                    Some(expr) => Ok(Transformed::yes(expr)),
                    None => Ok(Transformed::no(Expr::BinaryExpr(BinaryExpr {
                        left,
                        op,
                        right,
                    }))),
                }
            }
            Expr::Between(between) => self.between(between, schema),
            other => Ok(Transformed::no(other)),
        }
    }

    fn between(&self, between: Between, schema: &DFSchema) -> Result<Transformed<Expr>> {
        let low = self.binary(&between.expr, Operator::GtEq, &between.low, schema)?;
        let high = self.binary(&between.expr, Operator::LtEq, &between.high, schema)?;
        let (Some(low), Some(high)) = (low, high) else {
            return Ok(Transformed::no(Expr::Between(between)));
        };
        let inside = low.and(high);
        Ok(Transformed::yes(if between.negated {
            Expr::Not(Box::new(inside))
        } else {
            inside
        }))
    }

    /// Returns the call that stands for an operator, if it is another one here.
    fn binary(
        &self,
        left: &Expr,
        op: Operator,
        right: &Expr,
        schema: &DFSchema,
    ) -> Result<Option<Expr>> {
        let function = match op {
            Operator::Eq => "equal",
            Operator::NotEq => "notEqual",
            Operator::Lt => "lessThan",
            Operator::LtEq => "lessThanEqual",
            Operator::Gt => "greaterThan",
            Operator::GtEq => "greaterThanEqual",
            Operator::StringConcat => {
                let joined = binary_expr(left.clone(), op, right.clone());
                return Ok(Some(limited(joined)));
            }
            _ => return Ok(None),
        };
        // What has no type yet is told of when the plan is made.
        let (Ok(of_left), Ok(of_right)) = (left.get_type(schema), right.get_type(schema)) else {
            return Ok(None);
        };
        let is_number = |data_type: &ArrowType| data_type.is_numeric();
        let has_float = of_left.is_floating() || of_right.is_floating();
        if !has_float || !is_number(&of_left) || !is_number(&of_right) {
            return Ok(None);
        }
        let Ok(resolved) = self.registry.resolve(function, &[DataType::Float64; 2]) else {
            return Ok(None);
        };
        let float = |expr: &Expr, data_type: &ArrowType| match data_type {
            ArrowType::Float64 => expr.clone(),
            _ => cast(expr.clone(), ArrowType::Float64),
        };
        let args = vec![float(left, &of_left), float(right, &of_right)];
        Ok(Some(resolved.call(args)))
    }
}
