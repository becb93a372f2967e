use crate::catalog::tests::{HTTP, store};
use crate::{Engine, OutputSummary, QueryError, QueryLimits};
use arrow::array::types::Int64Type;
use arrow::array::{AsArray, RecordBatch};
use arrow::util::pretty::pretty_format_batches;
use futures::StreamExt;
use nixie_metadata::Metadata;
use nixie_pxl::{CompileOptions, Program};
use nixie_types::Rows;
use std::sync::Arc;

const ROWS: i64 = 10_000;

/// A frame that several tables are made of.
const BY_PATH: &str = "import px
def by_path(start: str = '-1000s'):
    df = px.DataFrame('http_events', start_time=start)
    df = df[df.latency > 100]
    return df.groupby('req_path').agg(n=('latency', px.count), sum=('latency', px.sum))
";

fn engine(limits: QueryLimits) -> Engine {
    let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
    Engine::new(store(ROWS), metadata, limits)
}

fn compile(engine: &Engine, script: &str) -> Program {
    let options = CompileOptions {
        now_ns: ROWS,
        ..CompileOptions::default()
    };
    engine
        .compile(&format!("{BY_PATH}{script}"), &options)
        .unwrap()
}

/// Runs all outputs of a program, one after the other.
async fn results(engine: &Engine, program: Program) -> Vec<(Vec<RecordBatch>, OutputSummary)> {
    let mut results = Vec::new();
    let mut run = engine.run(program);
    while let Some(mut output) = run.next_output().await.unwrap() {
        let mut batches = Vec::new();
        while let Some(batch) = output.next().await {
            batches.push(batch.unwrap());
        }
        results.push((batches, output.summary()));
    }
    results
}

/// Returns how often the plans of a script read rows for themselves, and shared ones; and checks that
/// each output is the same when it is computed alone.
async fn reads(script: &str) -> (usize, usize) {
    let engine = engine(QueryLimits::default());
    let explained = engine.explain(&compile(&engine, script)).await.unwrap();
    let plans: String = explained.into_iter().map(|output| output.plan).collect();
    let together = results(&engine, compile(&engine, script)).await;
    for (number, (batches, _)) in together.iter().enumerate() {
        let mut alone = compile(&engine, script);
        alone.outputs = vec![alone.outputs.swap_remove(number)];
        let alone = results(&engine, alone).await.remove(0).0;
        assert_eq!(
            sorted(&alone),
            sorted(batches),
            "output {number} of {script}"
        );
    }
    let count = |word: &str| plans.matches(word).count();
    (count("TableScan: "), count("Shared: "))
}

/// The rows of an aggregation have no order.
fn sorted(batches: &[RecordBatch]) -> Vec<String> {
    let text = pretty_format_batches(batches).unwrap().to_string();
    let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
    lines.sort();
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn outputs_share_an_aggregation_whatever_each_makes_of_it() {
    let script = "
px.display(by_path()[['req_path', 'n']], 'numbers')
df = by_path()
df.mean = df.sum / df.n
px.display(df[px.contains(df.req_path, '/3')], 'means')
px.display(by_path().groupby('n').agg(paths=('req_path', px.count)), 'paths')
";
    assert_eq!(reads(script).await, (1, 3));
    let engine = engine(QueryLimits::default());
    let results = results(&engine, compile(&engine, script)).await;
    let scanned = results.iter().map(|(_, summary)| {
        let scans = summary.stats.scans.iter();
        scans.map(|scan| scan.rows).sum::<u64>()
    });
    // What is read is told with the first output, and how it was computed.
    assert_eq!(scanned.collect::<Vec<_>>(), [ROWS as u64, 0, 0]);
    let operators = |number: usize| {
        let operators = results[number].1.stats.operators.iter();
        let scan = operators
            .clone()
            .find(|found| found.operator.starts_with("TableScan"));
        let shared = operators
            .clone()
            .find(|found| found.operator.starts_with("Shared"));
        (scan.map(|found| found.rows), shared.map(|found| found.rows))
    };
    assert_eq!(operators(0), (Some(ROWS as u64), Some(10)));
    assert_eq!(operators(1), (None, Some(10)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frame_that_is_joined_with_itself_is_computed_once() {
    let script = "
left = by_path()
right = by_path().drop('sum')
df = left.merge(right, how='inner', left_on='req_path', right_on='req_path', suffixes=['', '_r'])
px.display(df, 'both')
";
    assert_eq!(reads(script).await, (1, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_below_a_shared_part_is_shared_with_others() {
    let script = "
def numbers():
    return by_path().groupby('n').agg(paths=('req_path', px.count))
px.display(numbers(), 'one')
px.display(numbers(), 'two')
px.display(by_path(), 'three')
";
    // Two read the numbers, these and the last one read the paths.
    assert_eq!(reads(script).await, (1, 4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_rows_and_what_is_filtered_at_the_scan_are_not_shared() {
    let other_time = "
px.display(by_path('-1000s'), 'one')
px.display(by_path('-5000s'), 'two')
";
    assert_eq!(reads(other_time).await, (2, 0));
    let equality = "
for path in ['/a/path/of/some/length/1', '/a/path/of/some/length/2']:
    df = by_path()
    px.display(df[df.req_path == path and df.n > 1], path)
";
    assert_eq!(reads(equality).await, (2, 0));
    let one = "px.display(by_path(), 'one')";
    assert_eq!(reads(one).await, (1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_each_time_is_not_shared() {
    let engine = engine(QueryLimits::default());
    let plan = async |inner: &str| {
        let sql = format!(
            "WITH t AS (SELECT req_path, max(latency {inner}) AS n FROM http_events GROUP BY req_path)
             SELECT a.n, b.n AS m FROM t a JOIN t b ON a.req_path = b.req_path"
        );
        let program = engine.compile_sql(&sql, None).unwrap();
        engine.explain(&program).await.unwrap().remove(0).plan
    };
    assert_eq!(plan("+ 1").await.matches("Shared: ").count(), 2);
    assert_eq!(plan("+ random()").await.matches("Shared: ").count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_picked_by_chance_is_the_same_wherever_it_is_read() {
    let engine = engine(QueryLimits {
        threads: 2,
        ..QueryLimits::default()
    });
    let script = "
df = px.DataFrame('http_events')
df.text = px.itoa(df.latency)
df = df.agg(path=('req_path', px.sample), text=('text', px.sample), any=('latency', px.any))
df.one = 1
both = df.merge(df, how='inner', left_on='one', right_on='one', suffixes=['', '_r'])
both = both[both.one == 1]
px.display(both[both.text != both.text_r or both.path != both.path_r or both.any != both.any_r], 'differ')
";
    for _ in 0..10 {
        let rows: usize = results(&engine, compile(&engine, script)).await[0]
            .0
            .iter()
            .map(RecordBatch::num_rows)
            .sum();
        assert_eq!(rows, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_reads_the_same_rows_wherever_it_reads_them() {
    let engine = engine(QueryLimits::default());
    let script = "
px.display(px.DataFrame('http_events').agg(n=('latency', px.count)), 'one')
px.display(px.DataFrame('http_events').agg(n=('time_', px.count)), 'two')
";
    let mut run = engine.run(compile(&engine, script));
    let mut counts = Vec::new();
    while let Some(mut output) = run.next_output().await.unwrap() {
        let batch = output.next().await.expect("a row").unwrap();
        counts.push(batch.column(0).as_primitive::<Int64Type>().value(0));
        let mut more = Rows::new(&HTTP);
        more.row().time(ROWS).string("/later").int64(1).end();
        engine
            .store()
            .append("http_events", more.take().unwrap())
            .unwrap();
    }
    assert_eq!(counts, [ROWS, ROWS]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_are_held_count_for_the_memory_of_the_query() {
    let script = "
def by_time():
    df = px.DataFrame('http_events')
    return df.groupby('time_').agg(n=('latency', px.count))
px.display(by_time(), 'one')
px.display(by_time().head(1), 'two')
";
    let with = |memory_bytes_max| QueryLimits {
        memory_bytes_max,
        threads: 1,
        ..QueryLimits::default()
    };
    let engine = engine(with(8 << 20));
    let mut run = engine.run(compile(&engine, script));
    let memory = Arc::clone(&run.resources.memory);
    let mut output = run.next_output().await.unwrap().expect("an output");
    while let Some(batch) = output.next().await {
        drop(batch.unwrap());
    }
    drop(output);
    // Two numbers of eight bytes in each row.
    let held = memory.reserved();
    assert!(
        (16 * ROWS as usize..64 * ROWS as usize).contains(&held),
        "{held}"
    );
    let mut output = run.next_output().await.unwrap().expect("an output");
    assert_eq!(output.next().await.expect("a row").unwrap().num_rows(), 1);
    drop(output);
    drop(run);
    assert_eq!(memory.reserved(), 0);

    let engine = self::engine(with(held - 1));
    let mut run = engine.run(compile(&engine, script));
    let mut output = run.next_output().await.unwrap().expect("an output");
    let error = output
        .next()
        .await
        .expect("an end")
        .expect_err("too many rows");
    assert!(matches!(error, QueryError::OutOfMemory { .. }), "{error}");
}
