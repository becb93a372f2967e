//! Times scalar functions over rows of text.
//!
//! `functions_bench [ROWS]` makes the rows and then reads PxL expressions over the data frame `df`
//! from standard input, one a line. Each is computed for all rows and summed up; the answer is a
//! JSON line with the seconds and the sum. `bench/duckdb_functions.py` drives it beside DuckDB,
//! which makes the same rows by the same arithmetic.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking"
)]

use datafusion::arrow::array::{ArrayRef, AsArray, Int64Array, RecordBatch, StringViewArray};
use datafusion::arrow::datatypes::{Int64Type, Schema};
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::TableSource;
use datafusion::prelude::{DataFrame, SessionContext};
use mimalloc::MiMalloc;
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_pxl::{Catalog, CompileOptions, compile};
use nixie_types::{ColumnSpec, DataType};
use std::io::BufRead as _;
use std::sync::Arc;
use std::time::Instant;

/// As in `px`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const ROWS: i64 = 5_000_000;
const BATCH_ROWS: i64 = 8192;
/// As many as DuckDB gets threads.
const PARTITIONS: i64 = 2;

struct Texts(Arc<dyn TableSource>);

impl Catalog for Texts {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        (name == "texts").then(|| Arc::clone(&self.0))
    }

    fn table_names(&self) -> Vec<String> {
        vec!["texts".to_owned()]
    }
}

fn texts(rows: i64) -> Texts {
    let column = |name, data_type| ColumnSpec::new(name, data_type, "").field();
    let schema = Arc::new(Schema::new(vec![
        column("n", DataType::Int64),
        column("path", DataType::String),
        column("padded", DataType::String),
    ]));
    let batch = |start: i64| {
        let numbers = || (start..(start + BATCH_ROWS).min(rows)).map(|i| i * 7919 % 1_000_003);
        let path = |n: i64| format!("/api/v1/orders/{n}/items?user=Name{}", n % 97);
        let padded = numbers().map(|n| format!("  {}  ", path(n)));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int64Array::from_iter_values(numbers())),
            Arc::new(StringViewArray::from_iter_values(numbers().map(path))),
            Arc::new(StringViewArray::from_iter_values(padded)),
        ];
        RecordBatch::try_new(Arc::clone(&schema), columns).expect("columns fit")
    };
    let step = usize::try_from(PARTITIONS * BATCH_ROWS).unwrap_or(1);
    let starts = |part: i64| (part * BATCH_ROWS..rows).step_by(step);
    let parts = (0..PARTITIONS)
        .map(|part| starts(part).map(batch).collect())
        .collect();
    let table = MemTable::try_new(schema, parts).expect("batches fit");
    Texts(provider_as_source(Arc::new(table)))
}

#[tokio::main]
async fn main() {
    let argument = std::env::args().nth(1);
    let rows = argument.map_or(ROWS, |rows| rows.parse().expect("ROWS is a number"));
    let catalog = texts(rows);
    let registry = Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)));
    println!("{{\"rows\": {rows}}}");
    for line in std::io::stdin().lock().lines() {
        let expression = line.expect("standard input is text");
        let script = format!(
            "import px\ndf = px.DataFrame('texts')\ndf.x = {expression}\n\
             df = df.agg(total=('x', px.sum))\npx.display(df)"
        );
        let program = compile(&script, &catalog, &registry, &CompileOptions::default());
        let program = program.expect("the expression is right");
        let plan = program.outputs[0].plan.clone();
        let start = Instant::now();
        let batches = DataFrame::new(SessionContext::new().state(), plan).collect();
        let batches = batches.await.expect("the plan runs");
        let seconds = start.elapsed().as_secs_f64();
        let total = batches[0].column(0).as_primitive::<Int64Type>().value(0);
        println!("{{\"seconds\": {seconds}, \"total\": {total}}}");
    }
}
