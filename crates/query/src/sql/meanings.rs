//! What the columns of a result mean, by the rules that the functions of PxL have.
//!
//! The meaning of a column of a table is in its field, and gets lost in the first function. So it
//! is followed through the plan as it was written, before the engine rewrites anything.

use datafusion::common::{Column, DFSchema};
use datafusion::logical_expr::{Distinct, Expr, LogicalPlan, Operator, WindowFunctionDefinition};
use nixie_functions::Registry;
use nixie_types::SemanticType;
use nixie_types::table::SEMANTIC_TYPE_KEY;

/// LIMIT: levels of plans and expressions that are looked into; what is deeper means nothing.
const DEPTH_MAX: usize = 200;

/// Functions of SQL and those of PxL that do the same to meanings.
const AS_IN_PXL: &[(&str, &str)] = &[
    ("avg", "mean"),
    ("first_value", "any"),
    ("last_value", "any"),
];

/// The columns that an expression can name.
struct Input<'a> {
    schema: &'a DFSchema,
    meanings: Vec<SemanticType>,
}

/// Returns what each column of a plan's result means.
pub(super) fn of_plan(plan: &LogicalPlan, registry: &Registry) -> Vec<SemanticType> {
    let mut meanings = Meanings { registry }.of_plan(plan, DEPTH_MAX);
    meanings.resize(plan.schema().fields().len(), SemanticType::None);
    meanings
}

struct Meanings<'a> {
    registry: &'a Registry,
}

impl Meanings<'_> {
    fn of_plan(&self, plan: &LogicalPlan, depth: usize) -> Vec<SemanticType> {
        let Some(depth) = depth.checked_sub(1) else {
            return Vec::new();
        };
        let inputs = plan.inputs().into_iter().map(|input| Input {
            schema: input.schema(),
            meanings: self.of_plan(input, depth),
        });
        let mut inputs: Vec<_> = inputs.collect();
        let of = |exprs: &[Expr], inputs: &[Input<'_>]| -> Vec<_> {
            let of_expr = |expr| self.of_expr(expr, inputs, depth);
            exprs.iter().map(of_expr).collect()
        };
        match plan {
            LogicalPlan::Projection(node) => of(&node.expr, &inputs),
            LogicalPlan::Aggregate(node) if !has_sets(&node.group_expr) => {
                let groups = of(&node.group_expr, &inputs);
                [groups, of(&node.aggr_expr, &inputs)].concat()
            }
            LogicalPlan::Window(node) => {
                let added = of(&node.window_expr, &inputs);
                let input = inputs.swap_remove(0).meanings;
                [input, added].concat()
            }
            LogicalPlan::Distinct(Distinct::On(node)) => of(&node.select_expr, &inputs),
            LogicalPlan::Union(_) => agreed(inputs.into_iter().map(|input| input.meanings)),
            LogicalPlan::Filter(_)
            | LogicalPlan::Sort(_)
            | LogicalPlan::Limit(_)
            | LogicalPlan::Repartition(_)
            | LogicalPlan::Subquery(_)
            | LogicalPlan::SubqueryAlias(_)
            | LogicalPlan::Distinct(Distinct::All(_)) => inputs.swap_remove(0).meanings,
            LogicalPlan::Join(_) => {
                let columns = plan.schema().columns();
                columns
                    .iter()
                    .map(|column| of_column(column, &inputs))
                    .collect()
            }
            _ => of_fields(plan.schema()),
        }
    }

    fn of_expr(&self, expr: &Expr, inputs: &[Input<'_>], depth: usize) -> SemanticType {
        let Some(depth) = depth.checked_sub(1) else {
            return SemanticType::None;
        };
        let of = |expr: &Expr| self.of_expr(expr, inputs, depth);
        match expr {
            Expr::Column(column) => of_column(column, inputs),
            Expr::Alias(alias) => of(&alias.expr),
            Expr::ScalarFunction(call) if call.name() == "coalesce" => {
                let meanings = call.args.iter().filter(|arg| !is_literal(arg)).map(of);
                agreed(meanings.map(|meaning| vec![meaning]))
                    .first()
                    .copied()
                    .unwrap_or_default()
            }
            Expr::ScalarFunction(call) => self.of_call(call.name(), &call.args, of),
            Expr::AggregateFunction(call) => self.of_call(call.func.name(), &call.params.args, of),
            Expr::WindowFunction(call) => match &call.fun {
                WindowFunctionDefinition::AggregateUDF(function) => {
                    self.of_call(function.name(), &call.params.args, of)
                }
                WindowFunctionDefinition::WindowUDF(function) => {
                    self.of_call(function.name(), &call.params.args, of)
                }
            },
            Expr::BinaryExpr(binary) => {
                let name = match binary.op {
                    Operator::Plus => "add",
                    Operator::Minus => "subtract",
                    Operator::Divide => "divide",
                    _ => return SemanticType::None,
                };
                let args = [of(&binary.left), of(&binary.right)];
                self.rule(name, &args)
            }
            Expr::ScalarSubquery(query) => {
                let meanings = self.of_plan(&query.subquery, depth);
                meanings.first().copied().unwrap_or_default()
            }
            _ => SemanticType::None,
        }
    }

    fn of_call(
        &self,
        name: &str,
        args: &[Expr],
        of: impl Fn(&Expr) -> SemanticType,
    ) -> SemanticType {
        let args: Vec<_> = args.iter().map(of).collect();
        self.rule(name, &args)
    }

    /// Returns what a function makes of the meanings of its arguments.
    fn rule(&self, name: &str, args: &[SemanticType]) -> SemanticType {
        let same = AS_IN_PXL.iter().find(|(of_sql, _)| *of_sql == name);
        let name = same.map_or(name, |(_, of_pxl)| of_pxl);
        match self.registry.function(name) {
            Some(function) => {
                function.semantic_type(args.get(function.literal_args()..).unwrap_or_default())
            }
            None => SemanticType::None,
        }
    }
}

fn is_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Literal(..))
}

/// Tells whether rows are grouped in several ways at once; each column may then be missing.
fn has_sets(groups: &[Expr]) -> bool {
    groups
        .iter()
        .any(|group| matches!(group, Expr::GroupingSet(_)))
}

fn of_column(column: &Column, inputs: &[Input<'_>]) -> SemanticType {
    let found = inputs.iter().find_map(|input| {
        let index = input.schema.maybe_index_of_column(column)?;
        input.meanings.get(index).copied()
    });
    found.unwrap_or_default()
}

/// Returns the meanings that all inputs have in the same column.
fn agreed(inputs: impl Iterator<Item = Vec<SemanticType>>) -> Vec<SemanticType> {
    let both = |a: Vec<_>, b: Vec<_>| {
        let pairs = a.into_iter().zip(b);
        let one = |(a, b)| if a == b { a } else { SemanticType::None };
        pairs.map(one).collect()
    };
    inputs.reduce(both).unwrap_or_default()
}

fn of_fields(schema: &DFSchema) -> Vec<SemanticType> {
    let fields = schema.fields().iter();
    let of_field = |field: &arrow::datatypes::FieldRef| {
        let name = field.metadata().get(SEMANTIC_TYPE_KEY);
        name.and_then(|name| SemanticType::from_name(name))
            .unwrap_or_default()
    };
    fields.map(of_field).collect()
}
