//! What queries give, and what is said of those that are none.

use crate::catalog::tests::store;
use crate::{Engine, QueryLimits};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use futures::StreamExt;
use nixie_metadata::Metadata;
use nixie_pxl::{Diagnostic, Scan};
use nixie_types::{DataType, SemanticType};
use std::sync::Arc;

/// 1,000 rows of `http_events`: `time_` from 0 on, ten paths, `latency` as `time_`.
fn engine() -> Engine {
    let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
    Engine::new(store(1000), metadata, QueryLimits::default())
}

async fn ask(sql: &str) -> (Vec<(String, DataType)>, RecordBatch) {
    let engine = engine();
    let program = engine
        .compile_sql(sql, None)
        .unwrap_or_else(|errors| panic!("{sql}: {errors:?}"));
    let mut run = engine.run(program);
    let mut output = run.next_output().await.unwrap().expect("one output");
    let columns = output.columns().iter();
    let columns = columns
        .map(|column| (column.name.clone(), column.data_type))
        .collect();
    let schema = output.schema();
    let mut batches = Vec::new();
    while let Some(batch) = output.next().await {
        batches.push(batch.unwrap());
    }
    let batch = arrow::compute::concat_batches(&schema, &batches).unwrap();
    assert!(run.next_output().await.unwrap().is_none());
    (columns, batch)
}

fn ints(batch: &RecordBatch, column: usize) -> Vec<i64> {
    batch
        .column(column)
        .as_primitive::<Int64Type>()
        .values()
        .to_vec()
}

fn error(sql: &str) -> Diagnostic {
    let mut errors = engine().compile_sql(sql, None).expect_err(sql);
    assert_eq!(errors.len(), 1);
    errors.remove(0)
}

/// The error in the form `LINE:COLUMN+WIDTH CODE: MESSAGE (HELP)`.
fn said(sql: &str) -> String {
    let Diagnostic {
        code,
        message,
        line,
        column,
        width,
        help,
    } = error(sql);
    let help = help.map_or_else(String::new, |help| format!(" ({help})"));
    format!("{line}:{column}+{width} {code}: {message}{help}")
}

#[tokio::test]
async fn rows_come_in_order_of_time_with_their_types() {
    let (columns, batch) = ask("SELECT * FROM http_events LIMIT 3").await;
    let expected = [
        ("time_".to_owned(), DataType::Time64Ns),
        ("req_path".to_owned(), DataType::String),
        ("latency".to_owned(), DataType::Int64),
    ];
    assert_eq!(columns, expected);
    assert_eq!(ints(&batch, 2), [0, 1, 2]);
}

#[tokio::test]
async fn groups_orders_joins_and_subqueries_work() {
    let (_, batch) = ask(
        "WITH slow AS (SELECT req_path, latency FROM http_events WHERE latency >= 990) \
         SELECT s.req_path, count(*) AS n, max(s.latency) AS most FROM slow s \
         JOIN (SELECT DISTINCT req_path FROM http_events) p ON p.req_path = s.req_path \
         WHERE s.latency IN (SELECT latency FROM http_events WHERE latency % 2 = 0) \
         GROUP BY s.req_path HAVING count(*) > 0 ORDER BY most DESC",
    )
    .await;
    assert_eq!(ints(&batch, 1), [1; 5]);
    assert_eq!(ints(&batch, 2), [998, 996, 994, 992, 990]);
}

#[tokio::test]
async fn functions_of_pxl_are_there_under_their_names() {
    let (columns, batch) = ask(
        "SELECT \"substring\"(req_path, 0, 2) AS start, toupper('a') AS up, bin(latency, 100) AS bin, \
         pluck_float64(quantiles, 'p50') AS p50, n FROM (SELECT req_path, latency, \
         quantiles(latency) AS quantiles, mean(latency > 3) AS n FROM http_events \
         GROUP BY req_path, latency) WHERE latency = 250",
    )
    .await;
    let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["start", "up", "bin", "p50", "n"]);
    assert_eq!(batch.column(0).as_string_view().value(0), "/a");
    assert_eq!(batch.column(1).as_string_view().value(0), "A");
    assert_eq!(ints(&batch, 2), [200]);
    assert_eq!(
        batch.column(3).as_primitive::<Float64Type>().value(0),
        250.0
    );
    assert_eq!(batch.column(4).as_primitive::<Float64Type>().value(0), 1.0);
}

#[tokio::test]
async fn aggregates_of_pxl_work_with_filter_distinct_and_over() {
    let (_, batch) = ask("SELECT sum(latency) FILTER (WHERE latency < 10) AS few, \
         sum(DISTINCT latency % 3) AS kinds FROM http_events")
    .await;
    assert_eq!((ints(&batch, 0), ints(&batch, 1)), (vec![45], vec![3]));
    let (_, batch) = ask("SELECT sum(latency) OVER (ORDER BY latency) AS running, \
         row_number() OVER (ORDER BY latency) AS number FROM http_events ORDER BY latency LIMIT 4")
    .await;
    assert_eq!(
        (ints(&batch, 0), ints(&batch, 1)),
        (vec![0, 1, 3, 6], vec![1, 2, 3, 4])
    );
}

#[tokio::test]
async fn every_type_of_sql_becomes_one_of_pxl() {
    let (columns, batch) = ask(
        "SELECT 1::SMALLINT, 2.5::REAL, 1.25::DECIMAL(10, 2), DATE '1970-01-02' AS day, NULL AS \
         nothing, 'x' AS text, INTERVAL '1 day' AS span, true AS yes",
    )
    .await;
    let types: Vec<_> = columns.iter().map(|(_, data_type)| *data_type).collect();
    let text = DataType::String;
    assert_eq!(
        types,
        [
            DataType::Int64,
            DataType::Float64,
            DataType::Float64,
            DataType::Time64Ns,
            text,
            text,
            text,
            DataType::Boolean,
        ]
    );
    for (column, (_, data_type)) in batch.columns().iter().zip(&columns) {
        assert_eq!(*column.data_type(), data_type.arrow());
    }
    assert!(batch.column(4).is_null(0));
}

#[tokio::test]
async fn columns_of_several_tables_get_names_of_their_own() {
    let (columns, _) = ask(
        "SELECT a.latency, b.latency, b.latency AS c FROM http_events a \
         JOIN http_events b ON a.time_ = b.time_",
    )
    .await;
    let names: Vec<_> = columns.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["latency", "latency_1", "c"]);
}

#[test]
fn meanings_stay_with_their_columns() {
    let program = engine()
        .compile_sql("SELECT time_ AS t, latency + 1 AS l FROM http_events", None)
        .unwrap();
    let meanings: Vec<_> = program.outputs[0]
        .columns
        .iter()
        .map(|column| column.semantic_type)
        .collect();
    assert_eq!(meanings, [SemanticType::TimeNs, SemanticType::None]);
}

#[test]
fn the_time_that_is_asked_for_is_known() {
    let scans = |sql| {
        engine().compile_sql(sql, None).unwrap().outputs[0]
            .scans
            .clone()
    };
    let scan = |start_ns, end_ns| {
        let table = "http_events".to_owned();
        vec![Scan {
            table,
            start_ns,
            end_ns,
        }]
    };
    assert_eq!(scans("SELECT count(*) FROM http_events"), scan(None, None));
    assert_eq!(
        scans(
            "SELECT latency FROM http_events WHERE latency > 3 AND \
             time_ >= TIMESTAMP '1970-01-01T00:00:01' AND time_ < to_timestamp_nanos(2000000000)"
        ),
        scan(Some(1_000_000_000), Some(1_999_999_999))
    );
    let ago = scans("SELECT latency FROM http_events WHERE time_ > now() - INTERVAL '5 minutes'");
    assert!(
        ago[0].start_ns.is_some_and(|start_ns| start_ns > 0),
        "{ago:?}"
    );
}

#[test]
fn only_queries_are_possible() {
    for (sql, word) in [
        ("DROP TABLE http_events", "DROP"),
        ("insert into http_events values (1)", "INSERT"),
        ("UPDATE http_events SET latency = 1", "UPDATE"),
        ("DELETE FROM http_events", "DELETE"),
        ("CREATE TABLE t AS SELECT 1", "CREATE"),
        ("COPY http_events TO '/tmp/x'", "COPY"),
        ("SET a = 1", "SET"),
        ("SHOW TABLES", "SHOW"),
        ("EXPLAIN SELECT 1", "EXPLAIN"),
    ] {
        let width = word.len();
        let expected = format!(
            "1:1+{width} not-supported: `{word}` is not possible, only queries are (tables are \
             filled by the agent only; ask with `SELECT`)"
        );
        assert_eq!(said(sql), expected);
    }
    for sql in [
        "SELECT * INTO t FROM http_events",
        "WITH x AS (INSERT INTO http_events VALUES (1)) SELECT 1",
        "SELECT * FROM http_events; DROP TABLE http_events",
    ] {
        error(sql);
    }
    assert!(
        said("SELECT 1; SELECT 2").starts_with("1:11+"),
        "{}",
        said("SELECT 1; SELECT 2")
    );
    assert!(engine().compile_sql("SELECT 1;", None).is_ok());
}

#[test]
fn errors_have_a_place_and_a_suggestion() {
    for (sql, expected) in [
        (
            "SELECT *\n  FROM http_event",
            "2:8+10 unknown-table: table `http_event` not found (did you mean `http_events`?)",
        ),
        (
            "SELECT * FROM nope",
            "1:15+4 unknown-table: table `nope` not found (there are `http_events`)",
        ),
        (
            "SELECT latenzy FROM http_events",
            "1:8+7 unknown-column: column `latenzy` not found (did you mean `latency`?)",
        ),
        (
            "SELECT h.xyz FROM http_events h",
            "1:8+5 unknown-column: column `xyz` not found in `h` (there are the columns `time_`, \
             `req_path`, `latency`)",
        ),
        (
            "SELECT upid_to_com(1) FROM http_events",
            "1:8+11 unknown-function: could not find function `upid_to_com` (did you mean \
             `upid_to_comm`?)",
        ),
        (
            "SELECT latency FROM",
            "0:0+0 syntax: expected identifier, found EOF",
        ),
        (
            "SELECT latency,\n FROM )",
            "2:7+1 syntax: expected identifier, found )",
        ),
        ("SELECT 'a", "1:8+1 syntax: unterminated string literal"),
        (
            "",
            "0:0+0 empty-script: there is no query (write one, for example `SELECT * FROM \
             http_events LIMIT 10`)",
        ),
    ] {
        assert_eq!(said(sql), expected, "{sql}");
    }
}

#[test]
fn an_ambiguous_column_is_told() {
    let text = said("SELECT latency FROM http_events a JOIN http_events b ON a.time_ = b.time_");
    assert!(
        text.contains("column `latency` is in several tables"),
        "{text}"
    );
}

#[test]
fn deep_and_long_queries_are_refused() {
    let deep = format!("SELECT {}1{}", "(".repeat(500), ")".repeat(500));
    assert_eq!(error(&deep).code, "too-large");
    let long = format!("SELECT '{}'", "x".repeat(100_000));
    assert_eq!(error(&long).code, "too-large");
    // Far more levels than any stack has.
    let chain = format!("SELECT 1{}", "+1".repeat(30_000));
    assert_eq!(error(&chain).code, "too-large");
}

#[tokio::test]
async fn queries_of_the_largest_size_are_answered() {
    let terms = super::size::LEVELS_MAX - 10;
    let sum = format!(
        "SELECT latency{} FROM http_events LIMIT 1",
        " + 1".repeat(terms)
    );
    let (_, batch) = ask(&sum).await;
    assert_eq!(ints(&batch, 0), [terms as i64]);
    let either = " OR latency = 1".repeat(terms / 2);
    let (_, batch) = ask(&format!(
        "SELECT latency FROM http_events WHERE latency = 0{either}"
    ))
    .await;
    assert_eq!(ints(&batch, 0), [0, 1]);
    let union = vec!["SELECT 1"; 100].join(" UNION ALL ");
    assert_eq!(ask(&union).await.1.num_rows(), 100);
}

#[test]
fn plans_that_double_with_each_name_are_refused() {
    let double = |n: u32| format!(", t{} AS (SELECT 1 FROM t{n} a, t{n} b)", n + 1);
    let doubled: String = (0..40).map(double).collect();
    let sql = format!("WITH t0 AS (SELECT 1){doubled} SELECT * FROM t40");
    assert_eq!(error(&sql).code, "too-large");
}

#[test]
fn table_functions_are_tables() {
    let sql = "SELECT name, asid FROM GetUDFList() CROSS JOIN getagentstatus(false)";
    let program = engine().compile_sql(sql, None).unwrap();
    let columns = program.outputs[0].columns.iter();
    let types: Vec<_> = columns.map(|column| column.data_type).collect();
    assert_eq!(types, [DataType::String, DataType::Int64]);
    for (sql, expected) in [
        (
            "SELECT * FROM GetUDFLists()",
            "1:15+11 unknown-function: could not find function `GetUDFLists` (did you mean `GetUDFList`?)",
        ),
        (
            "SELECT * FROM GetUDFList(1)",
            "1:15+10 sql: `GetUDFList` takes at most 0 arguments, got 1",
        ),
        (
            "SELECT * FROM GetAgentStatus('maybe')",
            "1:15+14 sql: `GetAgentStatus` needs a literal BOOLEAN as `include_kelvin`, got `maybe`",
        ),
        (
            "SELECT * FROM _DebugMDGetWithPrefix('/x')",
            "1:15+21 sql: `_DebugMDGetWithPrefix` needs its argument `proto`",
        ),
    ] {
        assert_eq!(said(sql), expected);
    }
}

#[tokio::test]
async fn the_largest_of_texts_and_truth_values_are_known() {
    let sql =
        "SELECT max(req_path) AS a, min(req_path) AS b, max(latency > 5) AS c, max(latency) AS d
               FROM http_events";
    let (columns, batch) = ask(sql).await;
    let types: Vec<_> = columns.iter().map(|(_, data_type)| *data_type).collect();
    assert_eq!(
        types[..3],
        [DataType::String, DataType::String, DataType::Boolean]
    );
    let text = |column: usize| batch.column(column).as_string_view().value(0).to_owned();
    assert_eq!(text(0), "/a/path/of/some/length/9");
    assert_eq!(text(1), "/a/path/of/some/length/0");
    assert!(batch.column(2).as_boolean().value(0));
    let sql = "SELECT max(req_path) OVER (ORDER BY time_) AS a FROM http_events LIMIT 1";
    let (_, batch) = ask(sql).await;
    assert_eq!(
        batch.column(0).as_string_view().value(0),
        "/a/path/of/some/length/0"
    );
}

#[tokio::test]
async fn functions_make_no_more_text_than_they_may() {
    for (sql, bytes) in [
        ("SELECT length(repeat('x', 1000)) AS n", 1000),
        (
            "SELECT length(repeat(req_path, latency)) AS n FROM http_events WHERE latency = 999",
            999 * 24,
        ),
        (
            "SELECT sum(length(repeat(req_path, 20000))) AS n FROM http_events",
            1000 * 20_000 * 24,
        ),
        (
            "SELECT length('ab' || req_path || 1) AS n FROM http_events LIMIT 1",
            27,
        ),
        ("SELECT length(lpad('x', 10, 'ab')) AS n", 10),
    ] {
        assert_eq!(
            ask(sql)
                .await
                .1
                .column(0)
                .as_primitive::<Int64Type>()
                .value(0),
            bytes,
            "{sql}"
        );
    }
    let doubled = (0..7).fold(
        "SELECT repeat(req_path, 1000) AS x FROM http_events".to_owned(),
        |from, _| format!("SELECT x || x AS x FROM ({from})"),
    );
    for sql in [
        "SELECT length(repeat('x', 600000000)) AS n",
        "SELECT lpad('x', 1000000000, 'y') IS NULL AS n",
        "SELECT length(rpad(req_path, 2000000000, 'y')) AS n FROM http_events",
        "SELECT length(regexp_replace(repeat('x', 10000000), 'x', repeat('y', 1000), 'g')) AS n",
        "SELECT length(px_replace) AS n FROM (SELECT replace('x', repeat('x', 1000000), repeat('y', 1000)) AS px_replace)",
        &format!("SELECT max(length(x)) AS n FROM ({doubled})"),
    ] {
        let engine = engine();
        let failed = match engine.compile_sql(sql, None) {
            Ok(program) => {
                let mut run = engine.run(program);
                match run.next_output().await {
                    Ok(output) => {
                        let mut output = output.expect("one output");
                        let mut failed = None;
                        while let Some(batch) = output.next().await {
                            failed = batch.err();
                        }
                        format!("{:?}", failed.expect("an error"))
                    }
                    Err(error) => format!("{error:?}"),
                }
            }
            Err(errors) => format!("{errors:?}"),
        };
        assert!(failed.contains("ask for shorter texts"), "{sql}: {failed}");
    }
}

#[test]
fn what_gives_no_columns_or_needs_quotes_is_told() {
    assert_eq!(
        said("FROM http_events"),
        "0:0+0 sql: the query gives no columns; write `SELECT` and what to show of each row"
    );
    assert_eq!(
        said("SELECT time_ FROM http_events ORDER BY nope"),
        "1:40+4 unknown-column: column `nope` not found (there are the columns `time_`, \
         `req_path`, `latency`)"
    );
}
