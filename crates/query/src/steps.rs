//! Keeps projections that build on each other apart.
//!
//! DataFusion takes a projection for useless if the one below has the same expressions
//! (`merge_consecutive_projections` in its optimizer, up to 55.2). That is right if doing it twice
//! changes nothing. But `n + n AS n` above `n + n AS n` is four times `n`. So each of several such
//! steps gets its expressions wrapped in a function that returns its argument, once more than the
//! step above it: then no two are the same, whatever the optimizer does to them.

use crate::pass_on::PassOn;
use datafusion::common::Result;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::Alias;
use datafusion::logical_expr::{Expr, LogicalPlan, Projection, ScalarUDF};
use std::cell::RefCell;
use std::collections::HashSet;
use std::sync::LazyLock;

static SAME: LazyLock<ScalarUDF> = LazyLock::new(|| PassOn::function("same", |_| Ok(())));

/// Returns the plan with steps that the optimizer cannot take for one.
///
/// # Errors
///
/// When the engine does not take a plan that was changed.
pub(crate) fn keep_apart(plan: LogicalPlan) -> Result<LogicalPlan> {
    // Steps above the operator that is looked at, up to one that always stays between them.
    let steps = RefCell::new(vec![0_usize]);
    let kept = plan.transform_down_up(
        |node| {
            let mut steps = steps.borrow_mut();
            if stays(&node) {
                steps.push(0);
                return Ok(Transformed::no(node));
            }
            match (node, steps.last_mut()) {
                (LogicalPlan::Projection(step), Some(above)) if builds_on_itself(&step) => {
                    let wrapped = wrap(step, *above)?;
                    *above += 1;
                    Ok(Transformed::yes(LogicalPlan::Projection(wrapped)))
                }
                (node, _) => Ok(Transformed::no(node)),
            }
        },
        |node| {
            let mut steps = steps.borrow_mut();
            if stays(&node) {
                steps.pop();
            } else if let (LogicalPlan::Projection(step), Some(above)) = (&node, steps.last_mut()) {
                *above -= usize::from(builds_on_itself(step));
            }
            Ok(Transformed::no(node))
        },
    )?;
    Ok(kept.data)
}

/// Returns true if the projections above and below an operator never come together.
const fn stays(plan: &LogicalPlan) -> bool {
    matches!(
        plan,
        LogicalPlan::Aggregate(_) | LogicalPlan::Join(_) | LogicalPlan::Union(_)
    )
}

/// Returns true if a projection gives something else when it is done twice.
fn builds_on_itself(step: &Projection) -> bool {
    let changed = changed(step);
    step.expr.iter().any(|expr| reads(expr, &changed))
}

/// Returns the names of the columns that a projection does not only pass on.
fn changed(step: &Projection) -> HashSet<String> {
    let outputs = step.expr.iter().zip(step.schema.fields());
    let changed = outputs.filter(|(expr, field)| !passes_on(expr, field.name()));
    changed.map(|(_, field)| field.name().clone()).collect()
}

/// Returns true if an expression is the column of that name below, whoever it belongs to.
fn passes_on(expr: &Expr, name: &str) -> bool {
    match expr {
        Expr::Alias(alias) => passes_on(&alias.expr, name),
        Expr::Column(column) => column.name == name,
        _ => false,
    }
}

fn reads(expr: &Expr, names: &HashSet<String>) -> bool {
    let columns = expr.column_refs();
    columns.iter().any(|column| names.contains(&column.name))
}

/// Wraps what a step computes of columns that it changes.
fn wrap(step: Projection, times: usize) -> Result<Projection> {
    if times == 0 {
        return Ok(step);
    }
    let changed = changed(&step);
    let exprs = step.expr.into_iter().map(|expr| {
        if !reads(&expr, &changed) {
            return expr;
        }
        match expr {
            Expr::Alias(alias) => Expr::Alias(Alias {
                expr: Box::new(same(*alias.expr, times)),
                ..alias
            }),
            other => {
                let (relation, name) = other.qualified_name();
                same(other, times).alias_qualified(relation, name)
            }
        }
    });
    Projection::try_new_with_schema(exprs.collect(), step.input, step.schema)
}

fn same(expr: Expr, times: usize) -> Expr {
    (0..times).fold(expr, |expr, _| SAME.call(vec![expr]))
}

#[cfg(test)]
mod tests {
    use crate::catalog::tests::store;
    use crate::{Engine, QueryLimits};
    use arrow::array::AsArray;
    use arrow::array::types::Int64Type;
    use futures::StreamExt;
    use nixie_metadata::Metadata;
    use nixie_pxl::{CompileOptions, Program};
    use std::sync::Arc;

    fn engine() -> Engine {
        let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
        Engine::new(store(1000), metadata, QueryLimits::default())
    }

    /// Returns the first row of a program's output.
    async fn row(engine: &Engine, program: Program) -> Vec<i64> {
        let mut run = engine.run(program);
        let mut output = run.next_output().await.unwrap().expect("an output");
        let batch = output.next().await.expect("a batch").unwrap();
        let value = |column: &arrow::array::ArrayRef| column.as_primitive::<Int64Type>().value(0);
        batch.columns().iter().map(value).collect()
    }

    async fn of_pxl(lines: &str) -> Vec<i64> {
        let engine = engine();
        let script = format!("import px\ndf = px.DataFrame('http_events')\ndf.n = 1\n{lines}\n");
        let script = format!("{script}px.display(df[['n']].head(1))\n");
        let program = engine.compile(&script, &CompileOptions::default());
        row(&engine, program.unwrap()).await
    }

    #[tokio::test]
    async fn each_of_several_equal_assignments_counts() {
        for times in 1..6 {
            let lines = "df.n = df.n + df.n\n".repeat(times);
            assert_eq!(of_pxl(&lines).await, [1 << times], "{times}");
            let lines = "df.n = df.n * 3 + df.n\n".repeat(times);
            assert_eq!(of_pxl(&lines).await, [1 << (2 * times)], "{times}");
        }
        let alike = "df.n = df.n + df.n\ndf.n = df.n + df.n + 0\ndf.n = 0 + df.n + df.n";
        assert_eq!(of_pxl(alike).await, [8]);
        let apart = "df.n = df.n + df.n\ndf = df[df.latency >= 0]\ndf.n = df.n + df.n";
        assert_eq!(of_pxl(apart).await, [4]);
        let others =
            "df.a = 1\ndf.n = df.n + df.n\ndf.a = df.n\ndf.n = df.n + df.n\ndf = df.drop('a')";
        assert_eq!(of_pxl(others).await, [4]);
    }

    #[tokio::test]
    async fn each_of_several_equal_subqueries_counts() {
        let engine = engine();
        let nested = |step: &str, times: usize, from: &str| {
            (0..times).fold(from.to_owned(), |from, _| {
                format!("SELECT {step} FROM ({from})")
            })
        };
        let named = |step: &str, times: usize, from: &str| {
            (0..times).fold(from.to_owned(), |from, _| {
                format!("SELECT {step} FROM ({from}) AS t")
            })
        };
        for (sql, expected) in [
            (nested("x - 1 AS x", 2, "SELECT 10 AS x"), vec![8]),
            (
                nested("a + b AS a, a AS b", 4, "SELECT 1 AS a, 1 AS b"),
                vec![8, 5],
            ),
            (
                nested("b AS a, a AS b", 2, "SELECT 1 AS a, 2 AS b"),
                vec![1, 2],
            ),
            (
                nested("b AS a, a AS b", 3, "SELECT 1 AS a, 2 AS b"),
                vec![2, 1],
            ),
            (
                named(
                    "t.x + t.x AS x",
                    4,
                    "SELECT latency + 1 AS x FROM http_events",
                ),
                vec![16],
            ),
        ] {
            let program = engine.compile_sql(&sql, None).unwrap();
            assert_eq!(row(&engine, program).await, expected, "{sql}");
        }
    }
}
