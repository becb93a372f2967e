//! Times scans and aggregations over synthetic rows like those of `http_events`.
//!
//! `scan_bench export FILE [ROWS]` writes the rows as an Arrow IPC file. `scan_bench run [ROWS]`
//! fills a table with the same rows and then reads query names from standard input, one a line;
//! it answers each with a JSON line. `bench/duckdb_compare.py` drives it beside DuckDB.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark fails by panicking"
)]

use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::Int64Type;
use datafusion::arrow::ipc::writer::FileWriter;
use datafusion::functions_aggregate::expr_fn::{avg, count, max};
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::{col, lit};
use futures::StreamExt;
use mimalloc::MiMalloc;
use nixie_metadata::Metadata;
use nixie_pxl::{Catalog, CompileOptions, Output, Program};
use nixie_query::{Engine, QueryLimits, TableCatalog};
use nixie_tables::{ScanOptions, TableStore};
use nixie_types::{ColumnSpec, DataType, Rows, TableSpec, Upid};
use std::io::BufRead;
use std::sync::Arc;
use std::time::Instant;

static HTTP: TableSpec = TableSpec {
    name: "http_events",
    description: "Requests.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When."),
        ColumnSpec::new("upid", DataType::UInt128, "Who."),
        ColumnSpec::new("req_method", DataType::String, "Method.").dictionary(),
        ColumnSpec::new("req_path", DataType::String, "Path.").dictionary(),
        ColumnSpec::new("resp_status", DataType::Int64, "Status."),
        ColumnSpec::new("resp_body_size", DataType::Int64, "Size."),
        ColumnSpec::new("latency", DataType::Int64, "How long."),
    ],
};

/// As in `px`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const ROWS: u64 = 10_000_000;
/// About what a busy agent hands over at once.
const BATCH_ROWS: u64 = 4096;
const STORE_BYTES: usize = 8 << 30;
/// A million rows in 30 s.
const TIME_BETWEEN_ROWS_NS: u64 = 30_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match text.as_slice() {
        ["export", file] => export(file, ROWS),
        ["export", file, rows] => export(file, rows.parse().unwrap()),
        ["run"] => run(ROWS),
        ["run", rows] => run(rows.parse().unwrap()),
        _ => println!("usage: scan_bench export FILE [ROWS] | run [ROWS]"),
    }
}

fn filled(rows: u64) -> Arc<TableStore> {
    let store = TableStore::new(&[&HTTP], STORE_BYTES).unwrap();
    let methods = ["GET", "GET", "GET", "GET", "POST", "POST", "PUT", "DELETE"];
    let statuses = [200, 200, 200, 200, 200, 201, 204, 304, 404, 500];
    let paths: Vec<String> = (0..1000)
        .map(|path| format!("/api/v1/{}/{path}", ["orders", "customers"][path % 2]))
        .collect();
    let mut built = Rows::new(&HTTP);
    let mut state = 42_u64;
    for row in 0..rows {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = usize::try_from(state >> 33).unwrap();
        let number = |value: usize| i64::try_from(value).unwrap();
        built
            .row()
            .time(i64::try_from(row * TIME_BETWEEN_ROWS_NS).unwrap())
            .upid(Upid {
                asid: 0,
                pid: u32::try_from(random % 20).unwrap(),
                start_ticks: 7,
            })
            .string(methods[random % methods.len()])
            .string(&paths[random / 8 % paths.len()])
            .int64(statuses[random / 11 % statuses.len()])
            .int64(number(random % 30_000))
            .int64(number(random % 9_999_991))
            .end();
        if row % BATCH_ROWS == BATCH_ROWS - 1 {
            store.append("http_events", built.take().unwrap()).unwrap();
        }
    }
    if let Some(batch) = built.take() {
        store.append("http_events", batch).unwrap();
    }
    Arc::new(store)
}

fn export(file: &str, rows: u64) {
    let store = filled(rows);
    let snapshot = store.table("http_events").unwrap().snapshot();
    let file = std::fs::File::create(file).unwrap();
    let mut writer = FileWriter::try_new(file, &snapshot.schema()).unwrap();
    for batch in snapshot
        .scan(&ScanOptions {
            batch_rows: 65_536,
            ..Default::default()
        })
        .unwrap()
    {
        // Views into a shared buffer would write that buffer with every batch.
        let batch: RecordBatch = batch.unwrap();
        let compact = batch
            .columns()
            .iter()
            .map(|column| match column.as_string_view_opt() {
                Some(text) => Arc::new(text.gc()) as Arc<dyn Array>,
                None => Arc::clone(column),
            });
        writer
            .write(&RecordBatch::try_new(batch.schema(), compact.collect()).unwrap())
            .unwrap();
    }
    writer.finish().unwrap();
}

fn run(rows: u64) {
    let started = Instant::now();
    let store = filled(rows);
    let stats = store.table("http_events").unwrap().stats();
    assert_eq!(stats.rows, rows, "the store must hold all rows");
    let filled = serde_json::json!({
        "query": "fill", "seconds": started.elapsed().as_secs_f64(), "bytes": stats.bytes,
        "batches": stats.batches,
    });
    println!("{filled}");
    let limits = QueryLimits {
        threads: 2,
        ..QueryLimits::default()
    };
    let engine = Engine::new(
        store,
        Arc::new(Metadata::new("bench".to_owned(), 0)),
        limits,
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_time()
        .build()
        .unwrap();
    for line in std::io::stdin().lock().lines() {
        let name = line.unwrap();
        let started = Instant::now();
        let (rows, checksum) = runtime.block_on(query(&engine, name.trim()));
        let seconds = started.elapsed().as_secs_f64();
        let answer = serde_json::json!({
            "query": name.trim(), "seconds": seconds, "rows": rows, "checksum": checksum,
        });
        println!("{answer}");
    }
}

/// Runs a query; returns the number of its rows and the sum of its column `n`.
async fn query(engine: &Engine, name: &str) -> (usize, i64) {
    let script = match name {
        "pxl_by_path" => Some(SCRIPT),
        "pxl_quantiles" => Some(QUANTILES),
        "pxl_merge" => Some(MERGE),
        _ => None,
    };
    if let Some(script) = script {
        let stats = engine.store().table("http_events").unwrap().stats();
        let options = CompileOptions {
            now_ns: stats.max_time_ns.unwrap(),
            ..CompileOptions::default()
        };
        let program = engine.compile(script, &options).unwrap();
        return drain(engine, program).await;
    }
    let source = TableCatalog::new(Arc::clone(engine.store()))
        .table("http_events")
        .unwrap();
    let scan = LogicalPlanBuilder::scan("http_events", source, None).unwrap();
    let measures = vec![count(lit(1)).alias("n"), avg(col("latency")).alias("mean")];
    let plan = match name {
        "by_path" => scan.aggregate(vec![col("req_path")], measures).unwrap(),
        "by_path_status" => scan
            .aggregate(vec![col("req_path"), col("resp_status")], measures)
            .unwrap(),
        "by_upid" => scan.aggregate(vec![col("upid")], measures).unwrap(),
        "filtered" => scan
            .filter(
                col("resp_status")
                    .gt_eq(lit(500_i64))
                    .and(col("req_method").eq(lit("POST"))),
            )
            .unwrap()
            .aggregate(
                Vec::<datafusion::prelude::Expr>::new(),
                vec![count(lit(1)).alias("n"), max(col("latency")).alias("worst")],
            )
            .unwrap(),
        other => panic!("unknown query `{other}`"),
    };
    let plan = plan.build().unwrap();
    let output = Output {
        name: name.to_owned(),
        plan,
        ..Output::default()
    };
    drain(
        engine,
        Program {
            outputs: vec![output],
            ..Program::default()
        },
    )
    .await
}

/// The same as `by_path`, from the text of a script.
const SCRIPT: &str = "import px
df = px.DataFrame('http_events')
df = df.groupby('req_path').agg(n=('latency', px.count), mean=('latency', px.mean))
px.display(df)";

/// The aggregates of most scripts about requests.
const QUANTILES: &str = "import px
df = px.DataFrame('http_events')
df = df.groupby('req_path').agg(
    n=('latency', px.count), mean=('latency', px.mean), latency=('latency', px.quantiles))
px.display(df)";

/// Three aggregates of the last 30 s, which are 1 million rows, side by side.
const MERGE: &str = "import px
df = px.DataFrame('http_events', start_time='-30s')
all = df.groupby('req_path').agg(n=('latency', px.count), mean=('latency', px.mean))
bad = df[df.resp_status >= 400].groupby('req_path').agg(errors=('latency', px.count))
sent = df.groupby('req_path').agg(total=('resp_body_size', px.sum), most=('latency', px.max))
df = all.merge(bad, how='left', left_on='req_path', right_on='req_path', suffixes=['', '_bad'])
df = df.merge(sent, how='inner', left_on='req_path', right_on='req_path', suffixes=['', '_sent'])
px.display(df[['req_path', 'n', 'mean', 'errors', 'total', 'most']])";

/// Runs a program of one output; returns the number of its rows and the sum of its column `n`.
async fn drain(engine: &Engine, program: Program) -> (usize, i64) {
    let mut run = engine.run(program);
    let mut stream = run.next_output().await.unwrap().unwrap();
    let (mut rows, mut checksum) = (0, 0);
    while let Some(batch) = stream.next().await {
        let batch = batch.unwrap();
        let counts = batch.column_by_name("n").unwrap();
        let counts = counts.as_primitive::<Int64Type>();
        checksum += counts.values().iter().sum::<i64>();
        rows += batch.num_rows();
    }
    (rows, checksum)
}
