use super::*;
use crate::catalog::tests::store;
use arrow::array::types::{Int64Type, TimestampNanosecondType};
use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::DataType as ArrowType;
use datafusion::common::ScalarValue;
use datafusion::functions_aggregate::expr_fn::{avg, count};
use datafusion::logical_expr::{Expr, LogicalPlanBuilder, cast};
use datafusion::prelude::{col, lit};
use futures::StreamExt;
use nixie_pxl::{Catalog, Scan};
use nixie_types::Loss;
use std::time::Duration;

fn engine(rows: i64, limits: QueryLimits) -> Engine {
    Engine::new(
        store(rows),
        Arc::new(Metadata::new("host".to_owned(), 0)),
        limits,
    )
}

fn scan(engine: &Engine) -> LogicalPlanBuilder {
    let source = TableCatalog::new(Arc::clone(&engine.store))
        .table("http_events")
        .unwrap();
    LogicalPlanBuilder::scan("http_events", source, None).unwrap()
}

fn program(plan: LogicalPlanBuilder) -> Program {
    let scan = Scan {
        table: "http_events".to_owned(),
        start_ns: Some(0),
        end_ns: None,
    };
    let plan = plan.build().unwrap();
    let output = Output {
        name: "out".to_owned(),
        columns: Vec::new(),
        plan,
        scans: vec![scan],
        ..Output::default()
    };
    Program {
        outputs: vec![output],
        ..Program::default()
    }
}

async fn rows(engine: &Engine, plan: LogicalPlanBuilder) -> (Vec<RecordBatch>, OutputStats) {
    let mut run = engine.run(program(plan));
    let mut output = run.next_output().await.unwrap().expect("one output");
    let mut batches = Vec::new();
    while let Some(batch) = output.next().await {
        batches.push(batch.unwrap());
    }
    assert!(run.next_output().await.unwrap().is_none());
    (batches, output.summary().stats)
}

fn times(batches: &[RecordBatch]) -> Vec<i64> {
    let column = |batch: &RecordBatch| {
        let times = batch.column_by_name("time_").expect("a time column");
        times
            .as_primitive::<TimestampNanosecondType>()
            .values()
            .to_vec()
    };
    batches.iter().flat_map(column).collect()
}

fn at(time_ns: i64) -> Expr {
    lit(ScalarValue::TimestampNanosecond(Some(time_ns), None))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_and_limits_keep_the_order_of_time() {
    let engine = engine(
        200_000,
        QueryLimits {
            threads: 4,
            ..QueryLimits::default()
        },
    );
    let plan = scan(&engine)
        .filter(col("latency").lt(lit(500_i64)))
        .unwrap();
    let (batches, stats) = rows(&engine, plan.clone()).await;
    let all = times(&batches);
    assert!(all.is_sorted() && all.len() == 100_000);
    assert_eq!((stats.rows, stats.scans[0].rows), (100_000, 200_000));
    let (batches, _) = rows(&engine, plan.limit(0, Some(1200)).unwrap()).await;
    assert_eq!(times(&batches), all[..1200]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_range_reads_only_its_rows() {
    let engine = engine(100_000, QueryLimits::default());
    let range = col("time_").gt_eq(at(150)).and(col("time_").lt(at(250)));
    let (batches, stats) = rows(&engine, scan(&engine).filter(range).unwrap()).await;
    assert_eq!(times(&batches), (150..250).collect::<Vec<_>>());
    assert_eq!(
        stats.scans,
        [crate::ScanStats {
            rows: 100,
            ..stats.scans[0].clone()
        }]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_reads_little_more_than_it_needs() {
    let engine = engine(100_000, QueryLimits::default());
    let (batches, stats) = rows(&engine, scan(&engine).limit(0, Some(10)).unwrap()).await;
    assert_eq!(times(&batches), (0..10).collect::<Vec<_>>());
    assert!(stats.scans[0].rows <= 8192, "{stats:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_threads_together_count_each_row_once() {
    let engine = engine(
        200_000,
        QueryLimits {
            threads: 4,
            ..QueryLimits::default()
        },
    );
    let plan = scan(&engine)
        .aggregate(
            vec![col("req_path")],
            vec![count(lit(1)).alias("n"), avg(col("latency")).alias("mean")],
        )
        .unwrap();
    let (batches, stats) = rows(&engine, plan).await;
    let counts: Vec<i64> = batches
        .iter()
        .flat_map(|batch| {
            batch
                .column(1)
                .as_primitive::<Int64Type>()
                .values()
                .to_vec()
        })
        .collect();
    assert_eq!(counts, [20_000; 10]);
    assert_eq!((stats.rows, stats.scans[0].rows), (10, 200_000));
}

#[tokio::test]
async fn too_little_memory_is_named_with_its_limit() {
    let limits = QueryLimits {
        memory_bytes_max: 100_000,
        ..QueryLimits::default()
    };
    let engine = engine(100_000, limits);
    let plan = scan(&engine)
        .aggregate(vec![col("time_")], vec![count(lit(1))])
        .unwrap();
    let mut run = engine.run(program(plan));
    let mut output = run.next_output().await.unwrap().expect("one output");
    let error = output
        .next()
        .await
        .expect("an end")
        .expect_err("too many groups");
    let text = error.to_string();
    assert!(
        text.starts_with("query needs more memory than its limit of 100000 bytes"),
        "{text}"
    );
    assert!(text.contains("--query-memory"), "{text}");
    assert!(output.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_needs_too_much_memory_fails_alone() {
    let limits = QueryLimits {
        memory_bytes_max: 3 << 20,
        threads: 1,
        ..QueryLimits::default()
    };
    let engine = engine(100_000, limits);
    let times = |until: i64| {
        let plan = scan(&engine).filter(col("time_").lt(at(until))).unwrap();
        // By something that has no order: each group is held to the end.
        let by = cast(col("time_"), ArrowType::Int64) % lit(1_000_003_i64);
        program(plan.aggregate(vec![by], vec![count(lit(1))]).unwrap())
    };
    let (mut small, mut big) = (engine.run(times(30_000)), engine.run(times(100_000)));
    let mut rows_of_small = small.next_output().await.unwrap().expect("one output");
    let mut rows_of_big = big.next_output().await.unwrap().expect("one output");
    let (first, failed) = tokio::join!(rows_of_small.next(), rows_of_big.next());
    let error = failed.expect("an end").expect_err("too many groups");
    assert!(matches!(error, QueryError::OutOfMemory { .. }), "{error}");
    let mut groups = first.expect("rows").unwrap().num_rows();
    while let Some(batch) = rows_of_small.next().await {
        groups += batch.unwrap().num_rows();
    }
    assert_eq!(groups, 30_000);
}

#[tokio::test]
async fn a_query_that_takes_too_long_is_ended() {
    let engine = engine(
        1000,
        QueryLimits {
            time_max: Duration::ZERO,
            ..QueryLimits::default()
        },
    );
    let mut run = engine.run(program(scan(&engine)));
    let mut output = run.next_output().await.unwrap().expect("one output");
    let error = output.next().await.expect("an end").expect_err("no time");
    assert!(matches!(error, QueryError::TimedOut { .. }), "{error}");
}

#[tokio::test]
async fn a_result_tells_what_was_lost_in_its_range() {
    let engine = engine(1000, QueryLimits::default());
    let reason = "ring buffer full";
    engine.losses().record(Loss {
        table: None,
        start_ns: 3,
        end_ns: 4,
        reason,
        events: 7,
        bytes: 70,
    });
    let mut run = engine.run(program(scan(&engine)));
    let output = run.next_output().await.unwrap().expect("one output");
    let lost = crate::Lost {
        reason: reason.to_owned(),
        count: 7,
        bytes: 70,
    };
    assert_eq!(output.summary().completeness.lost, [lost]);
}

#[tokio::test]
async fn payloads_are_hidden_before_anything_can_look_at_them() {
    use nixie_types::{ColumnSpec, DataType, Rows, SemanticType, TableSpec};
    static HTTP: TableSpec = TableSpec {
        name: "http_events",
        description: "Requests.",
        columns: &[
            ColumnSpec::new("time_", DataType::Time64Ns, "When.").semantic(SemanticType::TimeNs),
            ColumnSpec::new("req_path", DataType::String, "Path.").dictionary(),
            ColumnSpec::new("req_body", DataType::String, "Body.").dictionary(),
        ],
    };
    let store = TableStore::new(&[&HTTP], 64 << 20).unwrap();
    let mut built = Rows::new(&HTTP);
    built
        .row()
        .time(1)
        .string("/")
        .string("secret of a@b.example")
        .end();
    store.append("http_events", built.take().unwrap()).unwrap();
    let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
    let store = Arc::new(store);
    let with = |access| {
        let (store, metadata) = (Arc::clone(&store), Arc::clone(&metadata));
        Engine::new(store, metadata, QueryLimits::default()).with_access(access)
    };
    let engine = with(DataAccess::PiiRestricted);
    let (batches, _) = rows(&engine, scan(&engine)).await;
    let body = batches[0].column(2).as_string_view().value(0);
    assert_eq!(body, "secret of <REDACTED_EMAIL>");
    let engine = with(DataAccess::Restricted);
    let (batches, _) = rows(&engine, scan(&engine)).await;
    let text = |column: usize| {
        batches[0]
            .column(column)
            .as_string_view()
            .value(0)
            .to_owned()
    };
    assert_eq!((text(1), text(2)), ("/".to_owned(), "REDACTED".to_owned()));
    // A filter sees what is shown.
    for (asked, found) in [("secret of a@b.example", 0), ("REDACTED", 1)] {
        let plan = scan(&engine)
            .filter(col("req_body").eq(lit(asked)))
            .unwrap();
        let (_, stats) = rows(&engine, plan).await;
        assert_eq!(stats.rows, found, "{asked}");
    }
}

#[tokio::test]
async fn a_stream_gives_the_rows_held_and_then_those_that_come() {
    let engine = engine(
        1000,
        QueryLimits {
            time_max: Duration::ZERO,
            ..QueryLimits::default()
        },
    );
    let mut streamed = program(
        scan(&engine)
            .filter(col("latency").lt(lit(10_i64)))
            .unwrap(),
    );
    streamed.outputs[0].streaming = true;
    let mut run = engine.run(streamed);
    let mut output = run.next_output().await.unwrap().expect("one output");
    let mut next = async || {
        let batch = tokio::time::timeout(Duration::from_secs(10), output.next()).await;
        times(&[batch.expect("in time").expect("no end").unwrap()])
    };
    assert_eq!(next().await, (0..10).collect::<Vec<_>>());
    for (time, latency) in [(2000, 5), (2001, 50), (1500, 7)] {
        let mut rows = nixie_types::Rows::new(&crate::catalog::tests::HTTP);
        rows.row().time(time).string("/late").int64(latency).end();
        engine
            .store()
            .append("http_events", rows.take().unwrap())
            .unwrap();
    }
    // Each row once, whatever its time is.
    let mut late = next().await;
    while late.len() < 2 {
        late.extend(next().await);
    }
    late.sort_unstable();
    assert_eq!(late, [1500, 2000]);
}
