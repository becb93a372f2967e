//! Scripts in PxL over a filled store: what comes out, in which order, and of which types.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{DataType as ArrowType, Float64Type, Int64Type, TimestampNanosecondType};
use futures::StreamExt;
use nixie_metadata::{Metadata, Process};
use nixie_pxl::CompileOptions;
use nixie_query::{Engine, OutputSummary, QueryLimits};
use nixie_tables::TableStore;
use nixie_types::{ColumnSpec, DataType, Rows, SemanticType, TableSpec, Upid};
use std::sync::Arc;

const SEC: i64 = 1_000_000_000;
const NOW_NS: i64 = 1_000_000 * SEC;
const ROWS: i64 = 20_000;
const UPID: Upid = Upid {
    asid: 0,
    pid: 7,
    start_ticks: 99,
};

static HTTP: TableSpec = TableSpec {
    name: "http_events",
    description: "Requests.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When.").semantic(SemanticType::TimeNs),
        ColumnSpec::new("upid", DataType::UInt128, "Who.").semantic(SemanticType::Upid),
        ColumnSpec::new("req_path", DataType::String, "Path.").dictionary(),
        ColumnSpec::new("resp_status", DataType::Int64, "Status."),
        ColumnSpec::new("latency", DataType::Int64, "How long.").semantic(SemanticType::DurationNs),
    ],
};

/// One row each second up to now, in batches whose halves arrive late.
fn engine() -> Engine {
    let store = TableStore::new(&[&HTTP], 64 << 20).unwrap();
    for part in 0..ROWS / 100 {
        for half in [1, 0] {
            let mut rows = Rows::new(&HTTP);
            for row in part * 100 + half * 50..part * 100 + half * 50 + 50 {
                let time_ns = NOW_NS - (ROWS - 1 - row) * SEC;
                let path = format!("/path/number/{}", row % 4);
                let status = if row % 10 == 0 { 500 } else { 200 };
                rows.row()
                    .time(time_ns)
                    .upid(UPID)
                    .string(&path)
                    .int64(status)
                    .int64(row)
                    .end();
            }
            store.append("http_events", rows.take().unwrap()).unwrap();
        }
    }
    let metadata = Metadata::new("host".to_owned(), 0);
    let cmdline = "nginx -g x".to_owned();
    metadata.insert(Process {
        upid: UPID,
        cmdline,
        ..Process::default()
    });
    let limits = QueryLimits {
        threads: 2,
        ..QueryLimits::default()
    };
    Engine::new(Arc::new(store), Arc::new(metadata), limits)
}

/// Runs a script; returns each output as one batch, having checked its types.
async fn run(script: &str) -> Vec<(String, RecordBatch, OutputSummary)> {
    let engine = engine();
    let options = CompileOptions {
        now_ns: NOW_NS,
        ..CompileOptions::default()
    };
    let program = engine
        .compile(script, &options)
        .unwrap_or_else(|errors| panic!("{errors:?}"));
    let mut run = engine.run(program);
    let mut outputs = Vec::new();
    while let Some(mut output) = run.next_output().await.unwrap() {
        let schema = output.schema();
        let seen: Vec<(&str, &ArrowType)> = schema
            .fields()
            .iter()
            .map(|field| (field.name().as_str(), field.data_type()))
            .collect();
        let promised: Vec<(&str, ArrowType)> = output
            .columns()
            .iter()
            .map(|column| (column.name.as_str(), column.data_type.arrow()))
            .collect();
        assert_eq!(
            seen,
            promised
                .iter()
                .map(|(name, kind)| (*name, kind))
                .collect::<Vec<_>>()
        );
        let mut batches = Vec::new();
        while let Some(batch) = output.next().await {
            batches.push(batch.unwrap());
        }
        let batch = concat_batches(&schema, &batches).unwrap();
        assert!(
            batch
                .columns()
                .iter()
                .all(|column| column.logical_null_count() == 0)
        );
        outputs.push((output.name().to_owned(), batch, output.summary()));
    }
    outputs
}

async fn run_one(script: &str) -> (RecordBatch, OutputSummary) {
    let mut outputs = run(script).await;
    assert_eq!(outputs.len(), 1);
    let (_, batch, summary) = outputs.remove(0);
    (batch, summary)
}

fn ints(batch: &RecordBatch, name: &str) -> Vec<i64> {
    let column = batch.column_by_name(name).expect(name);
    match column.data_type() {
        ArrowType::Int64 => column.as_primitive::<Int64Type>().values().to_vec(),
        _ => column
            .as_primitive::<TimestampNanosecondType>()
            .values()
            .to_vec(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_range_and_a_filter_keep_the_order_of_time() {
    let (batch, summary) = run_one(
        "import px
df = px.DataFrame('http_events', start_time='-99s')
df = df[df.resp_status >= 400]
px.display(df.head(5), 'failed')",
    )
    .await;
    assert_eq!(
        ints(&batch, "latency"),
        [19_900, 19_910, 19_920, 19_930, 19_940]
    );
    assert!(ints(&batch, "time_").is_sorted());
    assert_eq!(summary.stats.scans[0].rows, 100);
    assert!(summary.completeness.is_complete());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn groups_are_counted_over_all_rows() {
    let (batch, summary) = run_one(
        "import px
df = px.DataFrame('http_events')
df.failed = df.resp_status >= 400
df = df.groupby('req_path').agg(
    requests=('latency', px.count),
    error_rate=('failed', px.mean),
    slowest=('latency', px.max),
    latency=('latency', px.quantiles))
px.display(df)",
    )
    .await;
    assert_eq!(ints(&batch, "requests"), [5000; 4]);
    let mut slowest = ints(&batch, "slowest");
    slowest.sort_unstable();
    assert_eq!(slowest, [19_996, 19_997, 19_998, 19_999]);
    let rates = batch
        .column_by_name("error_rate")
        .unwrap()
        .as_primitive::<Float64Type>();
    let mut rates = rates.values().to_vec();
    rates.sort_by(f64::total_cmp);
    assert_eq!(rates, [0.0, 0.0, 0.2, 0.2]);
    assert_eq!(summary.stats.scans[0].rows, 20_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_are_named_and_joins_fit_together() {
    let (batch, _) = run_one(
        "import px
df = px.DataFrame('http_events', start_time='-9s')
df.cmdline = df.ctx['cmdline']
counts = df.groupby('req_path').agg(n=('latency', px.count))
df = df.merge(counts, how='inner', left_on='req_path', right_on='req_path',
              suffixes=['', '_x'])
px.display(df[['time_', 'cmdline', 'req_path', 'n']])",
    )
    .await;
    assert_eq!(batch.num_rows(), 10);
    let cmdlines = batch.column_by_name("cmdline").unwrap().as_string_view();
    assert!(cmdlines.iter().all(|cmdline| cmdline == Some("nginx -g x")));
    assert_eq!(
        ints(&batch, "n").iter().sum::<i64>(),
        3 * 3 + 3 * 3 + 2 * 2 + 2 * 2
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_outputs_come_in_the_order_of_the_script() {
    let outputs = run("import px
df = px.DataFrame('http_events', start_time='-4s')
px.display(df, 'rows')
px.display(df.append(df), 'twice')
px.display(df.groupby('req_path').agg(n=('latency', px.count)), 'groups')")
    .await;
    let seen: Vec<_> = outputs
        .iter()
        .map(|(name, batch, _)| (name.as_str(), batch.num_rows()))
        .collect();
    assert_eq!(seen, [("rows", 5), ("twice", 10), ("groups", 4)]);
    assert!(ints(&outputs[1].1, "time_").is_sorted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_display_is_cut_and_says_so() {
    let outputs = run("import px
df = px.DataFrame('http_events')
px.display(df, 'all')
px.display(df.head(20000), 'head')
px.display(df.head(9999), 'few')
px.display(df.head(10000), 'exact')
px.display(df.groupby('latency').agg(), 'groups')")
    .await;
    let seen: Vec<_> = outputs
        .iter()
        .map(|(name, batch, summary)| {
            (
                name.as_str(),
                batch.num_rows(),
                summary.completeness.cut_at_rows,
            )
        })
        .collect();
    let cut = Some(10_000);
    assert_eq!(
        seen,
        [
            ("all", 10_000, cut),
            ("head", 10_000, cut),
            ("few", 9999, None),
            ("exact", 10_000, None),
            ("groups", 10_000, cut),
        ]
    );
    assert_eq!(
        outputs[0].2.completeness.to_string(),
        "incomplete: cut at 10000 rows"
    );
    let first: Vec<_> = times(&outputs[0].1);
    assert_eq!(
        first[0],
        NOW_NS - (ROWS - 1) * SEC,
        "the first rows are kept, not any"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cap_is_a_setting_of_the_script() {
    for (rows, shown, cut) in [(7, 7, Some(7)), (0, 20_000, None)] {
        let script = format!(
            "#px:set max_output_rows_per_table={rows}\nimport px\n\
             px.display(px.DataFrame('http_events'))"
        );
        let outputs = run(&script).await;
        let (_, batch, summary) = &outputs[0];
        assert_eq!(
            (batch.num_rows(), summary.completeness.cut_at_rows),
            (shown, cut)
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operator_tells_what_it_did() {
    let outputs = run("import px
df = px.DataFrame('http_events', start_time='-1000s', select=['time_', 'req_path', 'latency'])
df = df[df.req_path == '/path/number/1']
px.display(df.groupby('req_path').agg(n=('latency', px.count)))")
    .await;
    let operators = &outputs[0].2.stats.operators;
    let scan = operators.last().expect("a scan is at the bottom");
    let start = NOW_NS - 1000 * SEC;
    let range = format!("time_ >= {start}, req_path = '/path/number/1'");
    assert_eq!(
        scan.operator,
        format!("TableScan: http_events, columns=[req_path], {range}")
    );
    assert_eq!(scan.rows, 1001);
    let all_gave = operators.iter().all(|operator| operator.rows > 0);
    assert!(scan.bytes > 0 && all_gave, "{operators:?}");
    assert!(operators.iter().any(|operator| !operator.elapsed.is_zero()));
    assert_eq!(operators[0].depth, 0);
    assert_eq!(
        scan.depth,
        operators.len() - 1,
        "it is a chain: {operators:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_plan_is_an_output_on_demand() {
    let script = |flag: &str| {
        format!("#px:set {flag}=true\nimport px\npx.display(px.DataFrame('http_events').head(3))")
    };
    for (flag, counted) in [("explain", false), ("analyze", true)] {
        let outputs = run(&script(flag)).await;
        let [_, (name, plan, _)] = outputs.as_slice() else {
            panic!("{} outputs", outputs.len());
        };
        assert_eq!(name, nixie_query::PLAN_OUTPUT);
        let text = plan.column(0).as_string_view().value(0);
        assert!(text.starts_with("digraph {") && text.contains("TableScan: http_events"));
        assert_eq!(text.contains("records_processed: 3"), counted, "{text}");
    }
}

#[tokio::test]
async fn what_cannot_be_run_is_said_with_what_was_understood() {
    let engine = engine();
    let trace = "import px, pxtrace
pxtrace.UpsertTracepoint('drops', 'tcp_drops', 'kprobe:tcp_drop { }', pxtrace.kprobe(), '5m')
px.display(px.DataFrame('tcp_drops'))";
    for (script, want) in [(
        trace,
        "the script changes what agents trace, which is not deployable here yet: tracepoint \
         `drops` on the kernel for 5m",
    )] {
        let program = engine
            .compile(script, &CompileOptions::default())
            .expect(script);
        let mut run = engine.run(program);
        let error = run.next_output().await.err().expect("it cannot be run");
        assert!(error.to_string().starts_with(want), "{error}");
        assert!(run.next_output().await.unwrap().is_none());
    }
}

#[tokio::test]
async fn plans_are_explained_without_running_them() {
    let engine = engine();
    let script = "import px
df = px.DataFrame('http_events', start_time='-10s')
df.slow = df.latency > 5
df = df[df.resp_status == 500]
px.display(df[['slow']].head(3), 'slow')";
    let options = CompileOptions {
        now_ns: NOW_NS,
        ..CompileOptions::default()
    };
    let program = engine.compile(script, &options).unwrap();
    let explained = engine.explain(&program).await.unwrap();
    assert_eq!(explained[0].output, "slow");
    let plan = &explained[0].plan;
    let start = NOW_NS - 10 * SEC;
    assert!(
        plan.contains(&format!("columns=[resp_status, latency], time_ >= {start}")),
        "{plan}"
    );
    assert!(plan.contains("resp_status@0 = 500"), "{plan}");
}

#[tokio::test]
async fn texts_that_must_be_equal_reach_the_scan() {
    let engine = engine();
    let script = "import px
df = px.DataFrame('http_events', start_time='-10s')
df.path = df.req_path
df = df[df.path == '/path/number/9' and df.resp_status == 200]
px.display(df)";
    let options = CompileOptions {
        now_ns: NOW_NS,
        ..CompileOptions::default()
    };
    let program = engine.compile(script, &options).unwrap();
    let plan = engine.explain(&program).await.unwrap().remove(0).plan;
    assert!(plan.contains("req_path = '/path/number/9'"), "{plan}");
    let mut run = engine.run(program);
    let mut output = run.next_output().await.unwrap().unwrap();
    while let Some(batch) = output.next().await {
        assert_eq!(batch.unwrap().num_rows(), 0);
    }
    // No chunk has that path, and so none was read.
    assert_eq!(output.summary().stats.scans[0].rows, 0);
}

fn times(batch: &RecordBatch) -> Vec<i64> {
    let times = batch.column_by_name("time_").expect("a time column");
    times
        .as_primitive::<TimestampNanosecondType>()
        .values()
        .to_vec()
}
