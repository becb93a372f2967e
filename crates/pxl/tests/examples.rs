//! The example of every function gives its result when the engine runs it, over columns.

#![allow(clippy::expect_used, reason = "tests fail by panicking")]

#[path = "../../metadata/testdata/recorded.rs"]
#[allow(dead_code, reason = "tests of several crates share it")]
mod recorded;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema};
use datafusion::common::{Column, ScalarValue};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder};
use datafusion::prelude::{DataFrame, SessionContext};
use nixie_functions::{Datum, Function, Registry, Resolved};
use std::sync::Arc;

const ROWS: usize = 3;

fn registry() -> Registry {
    Registry::new(Arc::new(recorded::recorded()))
}

fn resolve(registry: &Registry, function: &Function, args: &[Datum]) -> Resolved {
    let types: Vec<_> = args.iter().map(|arg| arg.data_type()).collect();
    registry
        .resolve(function.name, &types)
        .expect(function.name)
}

/// Returns a plan builder over columns `c0`, `c1` … with these values.
fn table(columns: &[Vec<Datum>]) -> LogicalPlanBuilder {
    let field = |(index, values): (usize, &Vec<Datum>)| {
        Field::new(format!("c{index}"), values[0].data_type().arrow(), false)
    };
    // A column of its own, so that functions without arguments have rows.
    let mut fields = vec![Field::new("row", DataType::Int64, false)];
    fields.extend(columns.iter().enumerate().map(field));
    let rows = columns.first().map_or(ROWS, Vec::len);
    let numbers = ScalarValue::Int64(Some(1))
        .to_array_of_size(rows)
        .expect("numbers");
    let mut arrays = vec![numbers];
    arrays.extend(columns.iter().map(|values| {
        ScalarValue::iter_to_array(values.iter().copied().map(ScalarValue::from)).expect("values")
    }));
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(Arc::clone(&schema), arrays).expect("columns fit");
    let table = MemTable::try_new(schema, vec![vec![batch]]).expect("the batch fits");
    LogicalPlanBuilder::scan("t", provider_as_source(Arc::new(table)), None).expect("a table")
}

fn column(index: usize) -> Expr {
    Expr::Column(Column::from_name(format!("c{index}")))
}

async fn results(builder: LogicalPlanBuilder) -> Vec<ScalarValue> {
    let plan = builder.build().expect("the plan is complete");
    let batches = DataFrame::new(SessionContext::new().state(), plan)
        .collect()
        .await;
    let batches = batches.expect("the plan runs");
    let values = |batch: &RecordBatch| {
        let array = Arc::clone(batch.column(0));
        (0..batch.num_rows())
            .map(move |row| ScalarValue::try_from_array(&array, row).expect("the row is there"))
    };
    batches.iter().flat_map(values).collect()
}

#[tokio::test]
async fn scalar_functions() {
    let registry = registry();
    for function in registry
        .functions()
        .filter(|function| !function.is_aggregate())
    {
        let args = function.example.args;
        let columns: Vec<_> = args.iter().map(|arg| vec![*arg; ROWS]).collect();
        let resolved = resolve(&registry, function, args);
        let call = resolved.call((0..args.len()).map(column).collect());
        let plan = table(&columns)
            .project(vec![call.alias("x")])
            .expect(function.name);
        let want = vec![ScalarValue::from(function.example.result); ROWS];
        assert_eq!(results(plan).await, want, "`{}`", function.name);
    }
}

#[tokio::test]
async fn aggregates_by_group_and_over_all() {
    let registry = registry();
    for function in registry
        .functions()
        .filter(|function| function.is_aggregate())
    {
        let width = function.signatures()[0].len();
        let rows: Vec<_> = function.example.args.chunks(width).collect();
        let resolved = resolve(&registry, function, rows[0]);
        let columns: Vec<Vec<_>> = (0..width)
            .map(|column| rows.iter().map(|row| row[column]).collect())
            .collect();
        let want = vec![ScalarValue::from(function.example.result)];
        for groups in [vec![], vec![Expr::Column(Column::from_name("row"))]] {
            let call = resolved.call((0..width).map(column).collect()).alias("x");
            let plan = table(&columns)
                .aggregate(groups, vec![call])
                .and_then(|plan| plan.project(vec![Expr::Column(Column::from_name("x"))]))
                .expect(function.name);
            assert_eq!(results(plan).await, want, "`{}`", function.name);
        }
    }
}
