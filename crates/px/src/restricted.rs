//! What the restricted modes hide, against all tables that the agent knows.
//!
//! A text of a table is hidden unless it is in the list here: whoever adds or renames a column
//! decides whether it holds what programs say to each other.

use crate::collect::{awaited_tables, metadata, tables};
use arrow::array::{Array, AsArray};
use futures::StreamExt;
use nixie_pxl::CompileOptions;
use nixie_query::{DataAccess, Engine, QueryLimits, payload_columns};
use nixie_tables::TableStore;
use nixie_types::{DataType, Rows, TableSpec, Upid};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What each cell holds.
const SECRET: &str = "s3cr3t";

/// Texts that are no payloads, by table. The path of a request with its query stays, as in Pixie.
const SHOWN: &[(&str, &[&str])] = &[
    ("agent_status", &["stage", "name", "kind"]),
    ("bcc_pid_cpu_usage", &["cmd"]),
    ("bpftrace_pid_cpu_usage", &["cmd"]),
    ("dns_events", &["req_header", "resp_header"]),
    ("http_events", &["req_method", "req_path", "resp_message"]),
    ("kafka_events.beta", &["client_id"]),
    ("mongodb_events", &["req_cmd", "resp_status"]),
    ("nats_events.beta", &["cmd"]),
    ("network_stats", &["pod_id"]),
    ("pgsql_events", &["req_cmd"]),
    (
        "probe_status",
        &["source_connector", "tracepoint", "error", "info"],
    ),
    ("proc_exit_events", &["comm"]),
    ("redis_events", &["req_cmd"]),
    ("stack_traces.beta", &["stack_trace"]),
    ("stirling_error", &["source_connector", "error", "context"]),
];

/// Texts that are no payloads in any table.
const SHOWN_ANYWHERE: &[&str] = &["local_addr", "remote_addr"];

fn is_shown(table: &str, column: &str) -> bool {
    let of_table = SHOWN.iter().find(|(name, _)| *name == table);
    SHOWN_ANYWHERE.contains(&column)
        || of_table.is_some_and(|(_, columns)| columns.contains(&column))
}

fn all_tables() -> Vec<&'static TableSpec> {
    [tables(), awaited_tables()].concat()
}

fn texts(spec: &'static TableSpec) -> impl Iterator<Item = &'static str> {
    let columns = spec.columns.iter();
    let texts = columns.filter(|column| column.data_type == DataType::String);
    texts.map(|column| column.name)
}

/// An engine whose tables have one row each, full of secrets.
fn engine(access: DataAccess) -> Engine {
    let store = TableStore::new(&all_tables(), 64 << 20).unwrap();
    for spec in all_tables() {
        let mut rows = Rows::new(spec);
        let mut row = rows.row();
        for column in spec.columns {
            row = match column.data_type {
                DataType::Boolean => row.bool(true),
                DataType::Int64 => row.int64(1),
                DataType::Float64 => row.float64(1.0),
                DataType::Time64Ns => row.time(1),
                DataType::UInt128 => row.upid(Upid::default()),
                DataType::String => row.string(SECRET),
            };
        }
        row.end();
        store.append(spec.name, rows.take().unwrap()).unwrap();
    }
    Engine::new(Arc::new(store), metadata(), QueryLimits::default()).with_access(access)
}

/// Returns the texts of a table that a script sees.
async fn seen(engine: &Engine, table: &str) -> BTreeSet<String> {
    let script = format!("import px\npx.display(px.DataFrame('{table}'))");
    let program = engine.compile(&script, &CompileOptions::default());
    let mut run = engine.run(program.unwrap());
    let mut output = run.next_output().await.unwrap().expect("one output");
    let mut seen = BTreeSet::new();
    while let Some(batch) = output.next().await {
        let batch = batch.unwrap();
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            let Some(texts) = column.as_string_view_opt() else {
                continue;
            };
            assert_eq!(texts.len(), 1, "{table}");
            if texts.value(0) == SECRET {
                seen.insert(field.name().clone());
            } else {
                assert_eq!(texts.value(0), "REDACTED", "{table}.{}", field.name());
            }
        }
    }
    seen
}

#[tokio::test]
async fn only_what_is_no_payload_is_shown() {
    let (full, restricted) = (engine(DataAccess::Full), engine(DataAccess::Restricted));
    for spec in all_tables() {
        let all: BTreeSet<_> = texts(spec).map(str::to_owned).collect();
        assert_eq!(seen(&full, spec.name).await, all, "{}", spec.name);
        let shown = texts(spec).filter(|column| is_shown(spec.name, column));
        let shown: BTreeSet<_> = shown.map(str::to_owned).collect();
        assert_eq!(seen(&restricted, spec.name).await, shown, "{}", spec.name);
    }
}

#[test]
fn what_is_listed_is_there() {
    for spec in all_tables() {
        let shown = SHOWN.iter().find(|(table, _)| *table == spec.name);
        let shown = shown.map_or(&[] as &[&str], |(_, columns)| columns);
        for column in shown.iter().chain(payload_columns(spec.name)) {
            assert!(
                texts(spec).any(|text| text == *column),
                "`{}` has no text `{column}`",
                spec.name
            );
        }
    }
    for (table, _) in SHOWN {
        assert!(
            all_tables().iter().any(|spec| spec.name == *table),
            "{table}"
        );
    }
}
