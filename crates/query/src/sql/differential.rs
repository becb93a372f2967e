//! The same question in PxL and in SQL gives the same rows.

use crate::{Engine, QueryLimits};
use arrow::util::display::array_value_to_string;
use futures::StreamExt;
use nixie_metadata::{Metadata, Process};
use nixie_pxl::{CompileOptions, Program};
use nixie_tables::TableStore;
use nixie_types::{ColumnSpec, DataType, Rows, SemanticType, TableSpec, Upid};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};

static EVENTS: TableSpec = TableSpec {
    name: "events",
    description: "Requests.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When.").semantic(SemanticType::TimeNs),
        ColumnSpec::new("upid", DataType::UInt128, "Who.").semantic(SemanticType::Upid),
        ColumnSpec::new("service", DataType::String, "Service.")
            .semantic(SemanticType::ServiceName)
            .dictionary(),
        ColumnSpec::new("status", DataType::Int64, "Status."),
        ColumnSpec::new("latency", DataType::Int64, "How long.").semantic(SemanticType::DurationNs),
        ColumnSpec::new("share", DataType::Float64, "How much."),
        ColumnSpec::new("ok", DataType::Boolean, "Whether."),
    ],
};

const SERVICES: [&str; 5] = ["cart", "pay", "Search", "", "user-é"];

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let store = TableStore::new(&[&EVENTS], 64 << 20).unwrap();
    let mut rows = Rows::new(&EVENTS);
    let (mut seed, mut upids) = (1_u64, Vec::new());
    for row in 0..3000_i64 {
        // A generator of our own, so that each run has the same table.
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let random = i64::try_from(seed >> 40).unwrap();
        let upid = Upid {
            asid: 0,
            pid: u32::try_from(random % 3).unwrap(),
            start_ticks: 5,
        };
        upids.push(upid);
        rows.row()
            .time(row * 1000)
            .upid(upid)
            .string(SERVICES[usize::try_from(random % 5).unwrap()])
            .int64([200, 404, 500][usize::try_from(random % 7 % 3).unwrap()])
            .int64(random % 1000 - 100)
            // Halves add up to the same sum in any order.
            .float64((random % 64) as f64 / 2.0)
            .bool(random % 4 != 0)
            .end();
        if row % 500 == 499 {
            store.append("events", rows.take().unwrap()).unwrap();
        }
    }
    let metadata = Metadata::new("host".to_owned(), 0);
    for upid in upids {
        metadata.insert(Process {
            upid,
            comm: format!("process-{}", upid.pid),
            ..Process::default()
        });
    }
    Engine::new(Arc::new(store), Arc::new(metadata), QueryLimits::default())
});

/// Returns the rows of a program as text, sorted.
fn rows(program: Program) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut run = ENGINE.run(program);
        let mut output = run.next_output().await.unwrap().expect("one output");
        let mut rows = Vec::new();
        while let Some(batch) = output.next().await {
            let batch = batch.unwrap();
            for row in 0..batch.num_rows() {
                let cells = batch.columns().iter();
                let cells = cells.map(|column| array_value_to_string(column, row).unwrap());
                rows.push(cells.collect::<Vec<_>>().join("|"));
            }
        }
        rows.sort();
        rows
    })
}

fn of_pxl(lines: &str) -> Program {
    let script = format!("import px\ndf = px.DataFrame('events')\n{lines}\npx.display(df)\n");
    let compiled = ENGINE.compile(&script, &CompileOptions::default());
    compiled.unwrap_or_else(|errors| panic!("{script}: {errors:?}"))
}

fn of_sql(sql: &str) -> Program {
    let compiled = ENGINE.compile_sql(sql, None);
    compiled.unwrap_or_else(|errors| panic!("{sql}: {errors:?}"))
}

/// Checks that PxL and SQL give the same columns and rows, and returns how many rows.
fn same(pxl: &str, sql: &str) -> usize {
    let (of_pxl, of_sql) = (of_pxl(pxl), of_sql(sql));
    let columns = &of_pxl.outputs[0].columns;
    assert_eq!(*columns, of_sql.outputs[0].columns, "{pxl}\n{sql}");
    let (of_pxl, of_sql) = (rows(of_pxl), rows(of_sql));
    assert_eq!(of_pxl, of_sql, "{pxl}\n{sql}");
    of_pxl.len()
}

#[test]
fn scalar_functions() {
    // Words of SQL's own grammar stand in quotes.
    let calls = [
        ("px.abs(df.latency)", "abs(latency)"),
        ("px.toupper(df.service)", "toupper(service)"),
        ("px.length(df.service)", "length(service)"),
        ("px.contains(df.service, 'a')", "contains(service, 'a')"),
        (
            "px.substring(df.service, 1, 2)",
            "\"substring\"(service, 1, 2)",
        ),
        (
            "px.select(df.ok, df.status, df.latency)",
            "\"select\"(ok, status, latency)",
        ),
        ("px.bin(df.latency, 50)", "bin(latency, 50)"),
        ("px.floor(df.share)", "floor(share)"),
        (
            "px.replace('[a-c]', df.service, '*')",
            "replace('[a-c]', service, '*')",
        ),
        (
            "px.regex_match('.*a.*', df.service)",
            "regex_match('.*a.*', service)",
        ),
        ("px.upid_to_comm(df.upid)", "upid_to_comm(upid)"),
        ("px.upid_to_pid(df.upid)", "upid_to_pid(upid)"),
        ("px.itoa(df.status)", "itoa(status)"),
        (
            "px.pluck('{\"s\": \"' + df.service + '\"}', 's')",
            "pluck('{\"s\": \"' || service || '\"}', 's')",
        ),
        (
            "px.pluck_int64('{\"n\": ' + px.itoa(df.latency) + '}', 'n')",
            "pluck_int64('{\"n\": ' || itoa(latency) || '}', 'n')",
        ),
        (
            "px.pluck_float64('{\"n\": ' + px.itoa(df.latency) + '.5}', 'n')",
            "pluck_float64('{\"n\": ' || itoa(latency) || '.5}', 'n')",
        ),
        (
            "px.pluck_array('[1, \"' + df.service + '\"]', 1)",
            "pluck_array('[1, \"' || service || '\"]', 1)",
        ),
        (
            "px.normalize_pgsql('SELECT ' + px.itoa(df.status) + ' FROM t', 'Query')",
            "normalize_pgsql('SELECT ' || itoa(status) || ' FROM t', 'Query')",
        ),
        (
            "px.normalize_mysql('SELECT ' + px.itoa(df.status) + ' FROM t', 3)",
            "normalize_mysql('SELECT ' || itoa(status) || ' FROM t', 3)",
        ),
        ("df.latency + df.status * 2", "latency + status * 2"),
        ("df.latency - 7", "latency - 7"),
        ("df.latency + df.latency", "latency + latency"),
        ("df.share * 2.0", "share * 2.0"),
        ("df.service + '!'", "service || '!'"),
        ("df.latency > 3 and not df.ok", "latency > 3 AND NOT ok"),
    ];
    for (pxl, sql) in calls {
        let rows = same(
            &format!("df.x = {pxl}\ndf = df[['time_', 'x']]"),
            &format!("SELECT time_, {sql} AS x FROM events"),
        );
        assert_eq!(rows, 3000, "{pxl}");
    }
}

#[test]
fn aggregates() {
    let calls = [
        ("('latency', px.count)", "count(latency)"),
        ("('latency', px.sum)", "sum(latency)"),
        ("('latency', px.mean)", "mean(latency)"),
        ("('latency', px.min)", "min(latency)"),
        ("('latency', px.max)", "max(latency)"),
        ("('share', px.sum)", "sum(share)"),
        ("('share', px.mean)", "avg(share)"),
        ("('share', px.max)", "max(share)"),
        ("('ok', px.mean)", "mean(ok)"),
        ("('ok', px.sum)", "sum(ok)"),
        ("('latency', px.quantiles)", "quantiles(latency)"),
        ("('share', px.quantiles)", "quantiles(share)"),
    ];
    for (pxl, sql) in calls {
        for keys in [&["service"][..], &["service", "status"], &["ok"]] {
            let list = keys.join(", ");
            let rows = same(
                &format!("df = df.groupby({keys:?}).agg(x={pxl})"),
                &format!("SELECT {list}, {sql} AS x FROM events GROUP BY {list}"),
            );
            assert!(rows > 1);
        }
        same(
            &format!("df = df.agg(x={pxl})"),
            &format!("SELECT {sql} AS x FROM events"),
        );
    }
}

#[test]
fn comparisons_with_what_is_no_number() {
    for operator in ["<", "<=", ">", ">=", "=", "!="] {
        let of_pxl = if operator == "=" { "==" } else { operator };
        for (left, right, of_left, of_right) in [
            ("0.0 / 0.0", "1.0", "df.nan", "1.0"),
            ("share", "CAST('nan' AS DOUBLE)", "df.share", "df.nan"),
            ("0.0 / 0.0", "0.0 / 0.0", "df.nan", "df.nan"),
            ("share", "latency", "df.share", "df.latency * 1.0"),
        ] {
            let pxl = format!(
                "df.nan = df.share * 0.0 / 0.0\ndf = df[{of_left} {of_pxl} {of_right}]\n\
                 df = df[['status']]"
            );
            let sql = format!("SELECT status FROM events WHERE {left} {operator} {right}");
            same(&pxl, &sql);
        }
    }
    let rows = same(
        "df = df[df.share >= 3.5 and df.share <= 7.0]\ndf = df[['status']]",
        "SELECT status FROM events WHERE share BETWEEN 3.5 AND 7",
    );
    assert!(rows > 100);
}

#[test]
fn any_row_of_equal_ones() {
    for column in ["service", "status", "ok", "upid"] {
        let rows = same(
            &format!("df = df.groupby('{column}').agg(x=('{column}', px.any))"),
            &format!("SELECT {column}, \"any\"({column}) AS x FROM events GROUP BY {column}"),
        );
        assert!(rows > 1, "{column}");
    }
}

#[test]
fn aggregates_of_aggregates() {
    let rows = same(
        "df = df.groupby(['service', 'status']).agg(most=('latency', px.max))
df = df.groupby('service').agg(x=('most', px.min))",
        "SELECT service, min(most) AS x FROM (
    SELECT service, status, max(latency) AS most FROM events GROUP BY service, status)
GROUP BY service",
    );
    assert_eq!(rows, SERVICES.len());
}

#[test]
fn parts_of_quantiles() {
    let rows = same(
        "df = df.groupby('service').agg(q=('latency', px.quantiles))
df.p50 = px.pluck_float64(df.q, 'p50')
df = df[['service', 'p50']]",
        "SELECT service, pluck_float64(quantiles(latency), 'p50') AS p50 FROM events GROUP BY service",
    );
    assert_eq!(rows, SERVICES.len());
}

#[test]
fn joins_that_keep_rows_without_a_partner() {
    // Where SQL has NULL, PxL has the zero value.
    for (how, sql, rows) in [
        ("left", "LEFT", 4),
        ("right", "RIGHT", 4),
        ("outer", "FULL", 5),
    ] {
        let pxl = format!(
            "\
a = df[df.service != 'cart'].groupby('service').agg(n=('latency', px.count))
a = a[['service', 'n']]
b = df[df.service != 'pay'].groupby('service').agg(most=('latency', px.max))
df = a.merge(b, how='{how}', left_on='service', right_on='service', suffixes=['', '_b'])"
        );
        let sql = format!(
            "\
SELECT COALESCE(a.service, '') AS service, COALESCE(a.n, 0) AS n,
    COALESCE(b.service, '') AS service_b, COALESCE(b.most, 0) AS most
FROM (SELECT service, count(*) AS n FROM events WHERE service != 'cart' GROUP BY service) a
{sql} JOIN (SELECT service, max(latency) AS most FROM events WHERE service != 'pay' GROUP BY service) b
ON a.service = b.service"
        );
        assert_eq!(same(&pxl, &sql), rows, "{how}");
    }
}

#[test]
fn joins_and_appends() {
    let pxl = "\
a = df.groupby(['service', 'status']).agg(n=('latency', px.count))
b = df[df.ok].groupby('service').agg(most=('latency', px.max))
df = a.merge(b, how='inner', left_on='service', right_on='service', suffixes=['', '_b'])
df = df[['service', 'status', 'n', 'most']]";
    let sql = "\
SELECT a.service, a.status, a.n, b.most
FROM (SELECT service, status, count(*) AS n FROM events GROUP BY service, status) a
JOIN (SELECT service, max(latency) AS most FROM events WHERE ok GROUP BY service) b
ON a.service = b.service";
    assert!(same(pxl, sql) > 5);
    let rows = same(
        "df = df[df.status == 404].append(df[df.latency < 0])",
        "SELECT * FROM events WHERE status = 404 UNION ALL SELECT * FROM events WHERE latency < 0",
    );
    assert!(rows > 100);
}

#[test]
fn the_first_rows_by_time() {
    for (start, end, limit) in [(0, 2_999_000, 10), (100_000, 200_000, 7), (500, 900, 5)] {
        same(
            &format!(
                "df = px.DataFrame('events', start_time={start}, end_time={end}).head({limit})"
            ),
            &format!(
                "SELECT * FROM events WHERE time_ BETWEEN to_timestamp_nanos({start}) AND \
                 to_timestamp_nanos({end}) ORDER BY time_ LIMIT {limit}"
            ),
        );
    }
}

/// Expressions that only SQL has, or writes in its own way, and what they mean.
const MEANINGS: &[(&str, SemanticType)] = &[
    ("SELECT latency + 1 FROM events", SemanticType::None),
    ("SELECT latency * 2 FROM events", SemanticType::None),
    (
        "SELECT status / latency FROM events",
        SemanticType::ThroughputPerNs,
    ),
    (
        "SELECT CAST(latency AS TEXT) FROM events",
        SemanticType::None,
    ),
    ("SELECT avg(latency) FROM events", SemanticType::DurationNs),
    (
        "SELECT max(latency) FILTER (WHERE ok) FROM events",
        SemanticType::DurationNs,
    ),
    (
        "SELECT COALESCE(latency, 0) FROM events",
        SemanticType::DurationNs,
    ),
    (
        "SELECT COALESCE(latency, status) FROM events",
        SemanticType::None,
    ),
    (
        "SELECT (SELECT max(latency) FROM events)",
        SemanticType::DurationNs,
    ),
    (
        "SELECT max(latency) OVER (ORDER BY time_) FROM events",
        SemanticType::DurationNs,
    ),
    (
        "SELECT first_value(service) OVER (ORDER BY time_) FROM events",
        SemanticType::ServiceName,
    ),
    (
        "WITH a AS (SELECT service AS s FROM events) SELECT DISTINCT s FROM a",
        SemanticType::ServiceName,
    ),
    (
        "SELECT latency FROM events UNION ALL SELECT latency FROM events",
        SemanticType::DurationNs,
    ),
    (
        "SELECT latency FROM events UNION ALL SELECT status FROM events",
        SemanticType::None,
    ),
    (
        "SELECT b.service FROM events a LEFT JOIN events b ON a.status = b.status",
        SemanticType::ServiceName,
    ),
    (
        "SELECT service FROM events GROUP BY ROLLUP (service)",
        SemanticType::ServiceName,
    ),
];

#[test]
fn meanings_follow_what_only_sql_has() {
    for (sql, meaning) in MEANINGS {
        let columns = &of_sql(sql).outputs[0].columns;
        assert_eq!(columns[0].semantic_type, *meaning, "{sql}");
    }
}

fn comparison() -> impl Strategy<Value = String> {
    let operator = prop::sample::select(&["<", "<=", ">", ">=", "==", "!="]);
    let column = prop::sample::select(&["latency", "status"]);
    let numbers = (column, operator, -150..1000_i64)
        .prop_map(|(column, operator, value)| format!("df.{column} {operator} {value}"));
    let texts =
        prop::sample::select(&SERVICES).prop_map(|service| format!("df.service == '{service}'"));
    prop_oneof![numbers, texts, Just("df.ok".to_owned())]
}

fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(3, 8, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("(not {a})")),
        ]
    })
}

/// The condition in SQL, which differs in a few signs only.
fn in_sql(condition: &str) -> String {
    condition.replace("df.", "").replace("==", "=")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn filters(condition in condition()) {
        same(
            &format!("df = df[{condition}]"),
            &format!("SELECT * FROM events WHERE {}", in_sql(&condition)),
        );
    }

    #[test]
    fn filtered_groups(
        condition in condition(),
        keys in prop::sample::subsequence(vec!["service", "status", "ok"], 1..=3),
        column in prop::sample::select(&["latency", "share"]),
        aggregate in prop::sample::select(&["count", "sum", "mean", "min", "max"]),
    ) {
        let list = keys.join(", ");
        same(
            &format!(
                "df = df[{condition}]\ndf = df.groupby({keys:?}).agg(x=('{column}', px.{aggregate}))"
            ),
            &format!(
                "SELECT {list}, {aggregate}({column}) AS x FROM events WHERE {} GROUP BY {list}",
                in_sql(&condition)
            ),
        );
    }
}
