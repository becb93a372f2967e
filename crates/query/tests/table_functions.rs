//! Table functions called by scripts.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::{Float64Type, Int64Type};
use futures::StreamExt;
use nixie_functions::{
    AgentInfo, AgentLife, AgentState, ProcessFile, ScriptRun, TableInfo, Tracepoint,
};
use nixie_metadata::Metadata;
use nixie_pxl::CompileOptions;
use nixie_query::{Engine, OutputSummary, QueryError, QueryLimits};
use nixie_tables::TableStore;
use nixie_types::{ColumnSpec, DataType, Loss, TableSpec};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

static HTTP: TableSpec = TableSpec {
    name: "http_events",
    description: "Requests.",
    columns: &[ColumnSpec::new("time_", DataType::Time64Ns, "When.")],
};

/// Two agents that are heard of ever longer ago: each question gets another answer.
#[derive(Debug, Default)]
struct State {
    asked: AtomicI64,
}

impl AgentState for State {
    fn agents(&self) -> Vec<AgentInfo> {
        let heartbeat_age_ns = self.asked.fetch_add(1, Ordering::Relaxed);
        let agent = |asid| AgentInfo {
            id: 1,
            asid,
            hostname: format!("host{asid}"),
            ip_address: String::new(),
            life: AgentLife::Healthy,
            create_time_ns: 0,
            heartbeat_age_ns,
            kernel_headers_installed: asid == 0,
            collects_data: asid == 0,
            profiler_sampling_period_ms: 0,
        };
        vec![agent(0), agent(1)]
    }

    fn tables(&self) -> Vec<TableInfo> {
        vec![TableInfo {
            spec: &HTTP,
            id: 0,
            batches_added: 0,
            batches_expired: 0,
            bytes_added: 0,
            num_batches: 0,
            compacted_batches: 0,
            size_bytes: 0,
            cold_size_bytes: 0,
            max_size_bytes: 0,
            min_time_ns: None,
        }]
    }

    fn tracepoints(&self) -> Vec<Tracepoint> {
        let tracepoint = |name: &str, state| Tracepoint {
            id: 1,
            name: name.to_owned(),
            state,
            messages: Vec::new(),
            output_tables: Vec::new(),
        };
        vec![
            tracepoint("drops", "running"),
            tracepoint("waits", "failed"),
        ]
    }

    fn script_runs(&self) -> Vec<ScriptRun> {
        Vec::new()
    }

    fn pod_name(&self) -> String {
        String::new()
    }

    fn version(&self) -> String {
        "v1".to_owned()
    }

    fn process_file(&self, _: ProcessFile) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }

    fn stack_traces(&self) -> io::Result<String> {
        Ok("threads".to_owned())
    }
}

fn alone() -> Engine {
    let store = TableStore::new(&[&HTTP], 64 << 20).unwrap();
    let metadata = Metadata::new("host".to_owned(), 0);
    Engine::new(Arc::new(store), Arc::new(metadata), QueryLimits::default())
}

fn engine() -> Engine {
    alone().with_agent(Arc::new(State::default()))
}

async fn run(
    engine: &Engine,
    script: &str,
) -> Result<Vec<(RecordBatch, OutputSummary)>, QueryError> {
    let program = engine
        .compile(script, &CompileOptions::default())
        .unwrap_or_else(|errors| panic!("{errors:?}"));
    let mut run = engine.run(program);
    let mut outputs = Vec::new();
    while let Some(mut output) = run.next_output().await? {
        let schema = output.schema();
        let mut batches = Vec::new();
        while let Some(batch) = output.next().await {
            batches.push(batch?);
        }
        outputs.push((concat_batches(&schema, &batches).unwrap(), output.summary()));
    }
    Ok(outputs)
}

fn ints(batch: &RecordBatch, name: &str) -> Vec<i64> {
    let column = batch.column_by_name(name).expect(name);
    column.as_primitive::<Int64Type>().values().to_vec()
}

fn texts(batch: &RecordBatch, name: &str) -> Vec<String> {
    let column = batch.column_by_name(name).expect(name).as_string_view();
    column.iter().flatten().map(str::to_owned).collect()
}

#[tokio::test]
async fn their_rows_are_filtered_joined_and_counted_like_others() {
    let outputs = run(
        &engine(),
        "import px
df = px.GetAgentStatus()
df = df[df.asid > 0]
names = px.GetProfilerSamplingPeriodMS()
df = df.merge(names, how='inner', left_on='asid', right_on='asid', suffixes=['', '_x'])
px.display(df[['hostname', 'profiler_sampling_period_ms']])
px.display(px.GetSchemas().groupby('table_name').agg(n=('column_name', px.count)))
px.display(px.GetUDFList().head(3))
px.display(px.GetTracepointStatus())
px.display(px._DebugStackTrace())",
    )
    .await
    .unwrap();
    assert_eq!(texts(&outputs[0].0, "hostname"), ["host1"]);
    assert_eq!(ints(&outputs[1].0, "n"), [1]);
    assert_eq!(texts(&outputs[2].0, "name"), ["abs", "abs", "add"]);
    assert_eq!(outputs[3].0.num_rows(), 2);
    assert_eq!(texts(&outputs[4].0, "stack_trace"), ["threads"]);
}

/// Returns the text of a script of the library.
macro_rules! script {
    ($name:literal) => {
        include_str!(concat!("../../../scripts/px/", $name, "/", $name, ".pxl"))
    };
}

#[tokio::test]
async fn scripts_of_the_library_tell_of_agents_tables_and_tracepoints() {
    let engine = engine();
    let status = run(&engine, script!("agent_status")).await.unwrap();
    assert_eq!(texts(&status[0].0, "hostname"), ["host0", "host1"]);
    // Only the first agent collects data, and has headers.
    let share = run(&engine, script!("agent_status_diagnostics"))
        .await
        .unwrap();
    let share = share[0]
        .0
        .column_by_name("headers_installed_percent")
        .unwrap();
    assert_eq!(share.as_primitive::<Float64Type>().values(), &[1.0]);
    let displayed = |script: &str, functions: &[&str]| {
        let display = |function: &&str| format!("px.display({function}, '{function}')\n");
        let displays: String = functions.iter().map(display).collect();
        format!("{script}\n{displays}")
    };
    let tables = displayed(script!("schemas"), &["table_desc()", "table_schema()"]);
    let tables = run(&engine, &tables).await.unwrap();
    assert_eq!(texts(&tables[0].0, "table_name"), ["http_events"]);
    assert_eq!(texts(&tables[1].0, "column_name"), ["time_"]);
    let calls = ["tracepoint_info()", "running_tracepoints()"];
    let tracepoints = displayed(script!("tracepoint_status"), &calls);
    let tracepoints = run(&engine, &tracepoints).await.unwrap();
    assert_eq!(texts(&tracepoints[0].0, "name"), ["drops", "waits"]);
    assert_eq!(texts(&tracepoints[1].0, "name"), ["drops"]);
    let calls = ["agg_funcs()", "table_funcs()", "map_funcs()"];
    let functions = run(&engine, &displayed(script!("funcs"), &calls))
        .await
        .unwrap();
    for (index, known) in ["count", "GetTables", "abs"].into_iter().enumerate() {
        let names = texts(&functions[index].0, "name");
        assert!(names.iter().any(|name| name == known), "{names:?}");
    }
}

#[tokio::test]
async fn the_same_call_gives_the_same_rows_within_a_script() {
    let engine = engine();
    let script = "import px
px.display(px.GetAgentStatus(), 'a')
px.display(px.GetAgentStatus(include_kelvin=True), 'b')
df = px.GetAgentStatus()
px.display(df.append(px.GetAgentStatus()), 'c')";
    let ages = |outputs: &[(RecordBatch, OutputSummary)]| -> Vec<i64> {
        let all = outputs
            .iter()
            .flat_map(|(batch, _)| ints(batch, "last_heartbeat_ns"));
        all.collect()
    };
    assert_eq!(ages(&run(&engine, script).await.unwrap()), [0; 8]);
    assert_eq!(ages(&run(&engine, script).await.unwrap()), [1; 8]);
    let few = "import px\npx.display(px.GetAgentStatus(False))";
    assert_eq!(ages(&run(&engine, few).await.unwrap()), [2]);
}

#[tokio::test]
async fn nothing_of_them_is_lost() {
    let engine = engine();
    engine.losses().record(Loss {
        table: None,
        start_ns: 0,
        end_ns: i64::MAX,
        reason: "ring buffer full",
        events: 1,
        bytes: 1,
    });
    let script = "import px
px.display(px.GetTables())
px.display(px.DataFrame('http_events'))";
    let outputs = run(&engine, script).await.unwrap();
    assert!(outputs[0].1.completeness.is_complete());
    assert!(!outputs[1].1.completeness.is_complete());
}

#[tokio::test]
async fn what_cannot_be_told_is_an_error_that_says_why() {
    for (call, want) in [
        (
            "_DebugMDGetWithPrefix('', '')",
            "empty prefixes are not supported",
        ),
        ("_HeapReleaseFreeMemory()", "only supported with tcmalloc"),
        (
            "_DebugAgentProcStatus()",
            "`_DebugAgentProcStatus` cannot read the status of the agent's process",
        ),
    ] {
        let script = format!("import px\npx.display(px.{call})");
        let error = run(&engine(), &script).await.expect_err(call);
        assert!(text_of(&error).contains(want), "{}", text_of(&error));
    }
    let script = "import px\npx.display(px.GetTables())";
    let error = run(&alone(), script).await.expect_err("nobody answers");
    let want = "`GetTables` needs a running agent to answer it, and there is none";
    assert!(text_of(&error).contains(want), "{}", text_of(&error));
}

/// Returns an error with its causes.
fn text_of(error: &QueryError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
