//! Group-by and scalar functions over 10 million rows, through compiled scripts.
//!
//! `cargo bench -p nixie-pxl --bench engine [ROWS]` prints one line for each script. The data are
//! arithmetic, so that another engine can make them by itself: row i has path `/api/v1/path/{i*7919 % 1000}`, latency `i*7919 % 1000003`, status 200 or 500
//! (every 50th row).

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a bench prints and may panic"
)]

use datafusion::arrow::array::{
    ArrayRef, Int64Array, RecordBatch, StringViewArray, TimestampNanosecondArray,
};
use datafusion::arrow::datatypes::Schema;
use datafusion::datasource::{MemTable, provider_as_source};
use datafusion::logical_expr::TableSource;
use datafusion::prelude::{DataFrame, SessionContext};
use nixie_functions::Registry;
use nixie_metadata::Metadata;
use nixie_pxl::{Catalog, CompileOptions, compile};
use nixie_types::{ColumnSpec, DataType};
use std::sync::Arc;
use std::time::Instant;

const BATCH_ROWS: i64 = 8192;

struct Events(Arc<dyn TableSource>);

impl Catalog for Events {
    fn table(&self, name: &str) -> Option<Arc<dyn TableSource>> {
        (name == "events").then(|| Arc::clone(&self.0))
    }

    fn table_names(&self) -> Vec<String> {
        vec!["events".to_owned()]
    }
}

fn events(rows: i64) -> Events {
    let column = |name, data_type| ColumnSpec::new(name, data_type, "").field();
    let schema = Arc::new(Schema::new(vec![
        column("time_", DataType::Time64Ns),
        column("path", DataType::String),
        column("latency", DataType::Int64),
        column("status", DataType::Int64),
    ]));
    let paths: Vec<_> = (0..1000).map(|n| format!("/api/v1/path/{n}")).collect();
    let batch = |start: i64| {
        let range = start..(start + BATCH_ROWS).min(rows);
        let path = |i: i64| &paths[usize::try_from(i * 7919 % 1000).unwrap_or_default()];
        let columns: Vec<ArrayRef> = vec![
            Arc::new(TimestampNanosecondArray::from_iter_values(range.clone())),
            Arc::new(StringViewArray::from_iter_values(range.clone().map(path))),
            Arc::new(Int64Array::from_iter_values(
                range.clone().map(|i| i * 7919 % 1_000_003),
            )),
            Arc::new(Int64Array::from_iter_values(
                range.map(|i| if i % 50 == 0 { 500 } else { 200 }),
            )),
        ];
        RecordBatch::try_new(Arc::clone(&schema), columns).expect("columns fit")
    };
    let step = usize::try_from(2 * BATCH_ROWS).unwrap_or(1);
    let starts = |part: i64| (part * BATCH_ROWS..rows).step_by(step);
    let parts = (0..2)
        .map(|part| starts(part).map(batch).collect())
        .collect();
    let table = MemTable::try_new(schema, parts).expect("batches fit");
    Events(provider_as_source(Arc::new(table)))
}

const SCRIPTS: [(&str, &str); 8] = [
    (
        "group-by path: count, mean",
        "df = df.groupby('path').agg(n=('path', px.count), m=('latency', px.mean))",
    ),
    (
        "group-by path: count, mean, quantiles",
        "df = df.groupby('path').agg(n=('path', px.count), m=('latency', px.mean), q=('latency', px.quantiles))",
    ),
    (
        "quantiles of all",
        "df = df.agg(q=('latency', px.quantiles))",
    ),
    (
        "contains",
        "df = df[px.contains(df.path, '99')].agg(n=('path', px.count))",
    ),
    (
        "regex_match",
        "df = df[px.regex_match('/api/v[0-9]+/path/1.*', df.path)].agg(n=('path', px.count))",
    ),
    (
        "toupper, length",
        "df.l = px.length(px.toupper(df.path))\ndf = df.agg(n=('l', px.sum))",
    ),
    (
        "substring, length",
        "df.l = px.length(px.substring(df.path, 5, 9))\ndf = df.agg(n=('l', px.sum))",
    ),
    (
        "filter status",
        "df = df[df.status >= 500].agg(n=('status', px.count))",
    ),
];

#[tokio::main]
async fn main() {
    let rows = std::env::args()
        .find_map(|arg| arg.parse().ok())
        .unwrap_or(10_000_000);
    let catalog = events(rows);
    let registry = Registry::new(Arc::new(Metadata::new("host".to_owned(), 0)));
    for (name, body) in SCRIPTS {
        let script = format!("import px\ndf = px.DataFrame('events')\n{body}\npx.display(df)");
        let program = compile(&script, &catalog, &registry, &CompileOptions::default());
        let program = program.expect("the script is right");
        let mut times = Vec::new();
        for _ in 0..5 {
            let context = SessionContext::new();
            let plan = program.outputs[0].plan.clone();
            let start = Instant::now();
            let batches = DataFrame::new(context.state(), plan).collect().await;
            assert!(!batches.expect("the plan runs").is_empty());
            times.push(start.elapsed());
        }
        times.sort();
        println!(
            "{name}: median {:?}, best {:?} for {rows} rows",
            times[2], times[0]
        );
    }
}
