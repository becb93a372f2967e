//! Table functions on a state made up for them.

use super::*;
use crate::metadata::tests::recorded;
use arrow::array::AsArray;
use arrow::datatypes::{Int64Type, TimestampNanosecondType};
use nixie_types::ColumnSpec;

static TABLE: TableSpec = TableSpec {
    name: "http_events",
    description: "Requests.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When."),
        ColumnSpec::new("path", DataType::String, "Which.")
            .pattern(nixie_types::PatternType::Structured),
    ],
};

const STATUS: &str = "Name:\tpx\nVmPeak:\t   2000 kB\nVmRSS:\t     100 kB\nCpus_allowed:\tff\n\
                      voluntary_ctxt_switches:\t7\nnonvoluntary_ctxt_switches:\t8\n";

const SMAPS: &str = "\
55d0c0000000-55d0c0021000 r--p 00001000 fe:01 1234                       /usr/bin/a program
Size:                132 kB
KernelPageSize:        4 kB
Rss:                 100 kB
VmFlags: rd mr mw me sd
7ffd1a2b3000-7ffd1a2d4000 rw-p 00000000 00:00 0
Size:                  8 kB
Locked:                4 kB
";

#[derive(Debug)]
struct State;

impl AgentState for State {
    fn agents(&self) -> Vec<AgentInfo> {
        let agent = |asid: u32, collects_data| AgentInfo {
            id: u128::from(asid) << 64 | 5,
            asid,
            hostname: format!("host{asid}"),
            ip_address: "192.0.2.1".to_owned(),
            life: AgentLife::Healthy,
            create_time_ns: 77,
            heartbeat_age_ns: 5,
            kernel_headers_installed: collects_data,
            collects_data,
            profiler_sampling_period_ms: 11,
        };
        vec![agent(1, true), agent(2, false)]
    }

    fn tables(&self) -> Vec<TableInfo> {
        vec![TableInfo {
            spec: &TABLE,
            id: 4,
            batches_added: 10,
            batches_expired: 2,
            bytes_added: 1000,
            num_batches: 3,
            compacted_batches: 5,
            size_bytes: 800,
            cold_size_bytes: 600,
            max_size_bytes: 900,
            min_time_ns: None,
        }]
    }

    fn tracepoints(&self) -> Vec<Tracepoint> {
        vec![Tracepoint {
            id: 9,
            name: "probe".to_owned(),
            state: "running",
            messages: vec!["a \"b\"".to_owned()],
            output_tables: vec!["one".to_owned(), "two".to_owned()],
        }]
    }

    fn script_runs(&self) -> Vec<ScriptRun> {
        let run = |result| ScriptRun {
            script_id: 1,
            time_ns: 6,
            result,
        };
        let finished = ScriptRunResult::Finished {
            execution_time_ns: 1,
            compilation_time_ns: 2,
            bytes_processed: 3,
            records_processed: 4,
        };
        let message = "3: no table".to_owned();
        vec![run(finished), run(ScriptRunResult::Failed { message })]
    }

    fn pod_name(&self) -> String {
        "pl/agent".to_owned()
    }

    fn version(&self) -> String {
        "v1.2.3".to_owned()
    }

    fn process_file(&self, file: ProcessFile) -> io::Result<String> {
        Ok(match file {
            ProcessFile::Smaps => SMAPS.to_owned(),
            ProcessFile::Status => STATUS.to_owned(),
        })
    }

    fn stack_traces(&self) -> io::Result<String> {
        Err(io::ErrorKind::PermissionDenied.into())
    }
}

fn ask(name: &str, args: &[Datum]) -> Result<RecordBatch, TableFunctionError> {
    let registry = Registry::new(recorded());
    let function = registry.table_function(name).expect(name);
    let mut values: Vec<_> = args.iter().map(|arg| ScalarValue::from(*arg)).collect();
    for arg in &function.args[values.len()..] {
        values.push(arg.default.expect("an argument is missing").into());
    }
    function.evaluate(&values, &registry, &State)
}

/// Each row as text, its cells separated by bars.
fn rows(name: &str, args: &[Datum]) -> Vec<String> {
    let batch = ask(name, args).unwrap();
    let cell = |column: &ArrayRef, row: usize| match DataType::from_arrow(column.data_type()) {
        Some(DataType::String) => column.as_string_view().value(row).to_owned(),
        Some(DataType::Int64) => column.as_primitive::<Int64Type>().value(row).to_string(),
        Some(DataType::Time64Ns) => {
            let times = column.as_primitive::<TimestampNanosecondType>();
            times.value(row).to_string()
        }
        Some(DataType::Boolean) => column.as_boolean().value(row).to_string(),
        Some(DataType::UInt128) => {
            let bytes = column.as_fixed_size_binary().value(row);
            nixie_metadata::uuid_text(u128::from_be_bytes(bytes.try_into().unwrap()))
        }
        other => panic!("{other:?}"),
    };
    (0..batch.num_rows())
        .map(|row| {
            let cells = batch.columns().iter().map(|column| cell(column, row));
            cells.collect::<Vec<_>>().join("|")
        })
        .collect()
}

#[test]
fn every_function_is_described_and_answers_in_its_columns() {
    let registry = Registry::new(recorded());
    let functions: Vec<_> = registry.table_functions().collect();
    assert_eq!(functions.len(), 23);
    assert_eq!(
        functions
            .iter()
            .filter(|f| !f.name().starts_with('_'))
            .count(),
        11
    );
    let is_sorted = functions
        .iter()
        .is_sorted_by_key(|function| function.name());
    assert!(is_sorted);
    for function in functions {
        assert!(registry.function(function.name()).is_none());
        assert!(function.table.description.ends_with('.'), "{function:?}");
        let args: &[Datum] = match function.name() {
            "_DebugMDGetWithPrefix" => &[Datum::Text("/"), Datum::Text("")],
            _ => &[],
        };
        match ask(function.name(), args) {
            Ok(batch) => assert_eq!(batch.schema(), function.table.schema(), "{function:?}"),
            Err(error) => assert!(
                matches!(
                    function.name(),
                    "_HeapReleaseFreeMemory" | "_DebugStackTrace"
                ),
                "{error}"
            ),
        }
    }
}

#[test]
fn tables_and_their_columns() {
    assert_eq!(rows("GetTables", &[]), ["http_events|Requests."]);
    assert_eq!(
        rows("GetSchemas", &[]),
        [
            "http_events|time_|TIME64NS|GENERAL|When.",
            "http_events|path|STRING|STRUCTURED|Which."
        ]
    );
    assert_eq!(
        rows("_DebugTableInfo", &[]),
        ["1|http_events|4|10|2|1000|3|5|800|600|900|-1"]
    );
}

#[test]
fn agents_with_and_without_those_that_only_aggregate() {
    let first =
        "00000000-0000-0001-0000-000000000005|1|host1|192.0.2.1|AGENT_STATE_HEALTHY|77|5|true";
    let second =
        "00000000-0000-0002-0000-000000000005|2|host2|192.0.2.1|AGENT_STATE_HEALTHY|77|5|false";
    assert_eq!(rows("GetAgentStatus", &[]), [first, second]);
    assert_eq!(rows("GetAgentStatus", &[Datum::Bool(false)]), [first]);
    assert_eq!(
        rows("GetLinuxHeadersStatus", &[Datum::Bool(false)]),
        ["1|true"]
    );
    assert_eq!(rows("GetProfilerSamplingPeriodMS", &[]), ["1|11", "2|11"]);
    assert_eq!(rows("Version", &[]), ["1|v1.2.3"]);
}

#[test]
fn tracepoints_and_scheduled_scripts() {
    assert_eq!(
        rows("GetTracepointStatus", &[]),
        [r#"00000000-0000-0000-0000-000000000009|probe|running|["a \"b\""]|["one","two"]"#]
    );
    assert_eq!(
        rows("GetCronScriptHistory", &[]),
        [
            "00000000-0000-0000-0000-000000000001|6||1|2|3|4",
            "00000000-0000-0000-0000-000000000001|6|3: no table|0|0|0|0"
        ]
    );
}

#[test]
fn functions_are_told_once_for_each_list_of_types() {
    let scalars = rows("GetUDFList", &[]);
    for want in [
        r#"length|INT64|{"args":["STRING"]}"#,
        r#"asid|INT64|{"args":[]}"#,
        r#"regex_match|BOOLEAN|{"args":["STRING"]}"#,
        r#"ip_to_pod_id|STRING|{"args":["STRING","TIME64NS"]}"#,
    ] {
        assert!(scalars.iter().any(|row| row == want), "{want}");
    }
    assert!(
        !scalars
            .iter()
            .any(|row| row.starts_with('_') || row.starts_with("sum|"))
    );
    let names = |rows: &[String]| -> Vec<String> {
        rows.iter()
            .map(|row| row.split('|').next().unwrap().to_owned())
            .collect()
    };
    assert!(names(&scalars).is_sorted());
    let aggregates = rows("GetUDAList", &[]);
    let sums: Vec<_> = aggregates
        .iter()
        .filter(|row| row.starts_with("sum|"))
        .collect();
    assert_eq!(sums[0], r#"sum|INT64|{"args":["BOOLEAN"]}"#);
    let tables = rows("GetUDTFList", &[]);
    assert_eq!(tables.len(), 11);
    let headers = tables
        .iter()
        .find(|row| row.starts_with("GetLinuxHeadersStatus|"));
    assert_eq!(
        headers.unwrap(),
        r#"GetLinuxHeadersStatus|UDTF_ONE_KELVIN|{"args":[{"name":"include_kelvin","type":"BOOLEAN","stype":"ST_NONE","desc":"Whether to include agents that only aggregate and collect no data."}]}|{"relation":[{"name":"asid","type":"INT64","ptype":"GENERAL","desc":"Short id of the agent."},{"name":"kernel_headers_installed","type":"BOOLEAN","ptype":"GENERAL","desc":"Whether its host has the headers of its kernel."}]}"#
    );
}

#[test]
fn only_the_agent_that_is_meant_speaks_of_its_allocator() {
    let text = "1|Only supported with tcmalloc.";
    for name in ["_HeapStats", "_HeapSample", "_HeapGrowthStacks"] {
        assert_eq!(rows(name, &[]), [text]);
        assert_eq!(rows(name, &[Datum::Int(1)]), [text]);
        assert!(rows(name, &[Datum::Int(2)]).is_empty());
    }
    assert!(rows("_HeapRanges", &[]).is_empty() && rows("_HeapStatsNumeric", &[]).is_empty());
    let error = ask("_HeapReleaseFreeMemory", &[]).unwrap_err().to_string();
    assert!(error.contains("only supported with tcmalloc"), "{error}");
    assert!(rows("_HeapReleaseFreeMemory", &[Datum::Int(2)]).is_empty());
}

#[test]
fn the_process_of_the_agent() {
    let status = rows("_DebugAgentProcStatus", &[]);
    let kb = |number: i64| (number * 1024).to_string();
    let mut want = vec!["0".to_owned(); 19];
    want[0] = "1".to_owned();
    (want[1], want[6]) = (kb(2000), kb(100));
    (want[17], want[18]) = ("7".to_owned(), "8".to_owned());
    assert_eq!(status, [want.join("|")]);
    let maps = rows("_DebugAgentProcSMaps", &[]);
    let start = "1|55d0c0000000-55d0c0021000|00001000|/usr/bin/a program|135168|4096|0|102400|0|";
    assert!(maps[0].starts_with(start), "{}", maps[0]);
    assert!(maps[1].starts_with("1|7ffd1a2b3000-7ffd1a2d4000|00000000||8192|0|"));
    assert!(maps[1].ends_with("|0|4096") && maps.len() == 2);
    let error = ask("_DebugStackTrace", &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "`_DebugStackTrace` cannot read the threads of the agent's process"
    );
}

#[test]
fn what_is_known_is_found_by_the_start_of_its_key() {
    let pods = rows(
        "_DebugMDGetWithPrefix",
        &[Datum::Text("/pod/"), Datum::Text("x")],
    );
    assert_eq!(pods.len(), 2);
    assert!(pods[0].starts_with("/pod/1_uid|{") && pods[0].contains("\"running_pod\""));
    let process = rows(
        "_DebugMDGetWithPrefix",
        &[Datum::Text("/processes/7:42:"), Datum::Text("")],
    );
    assert!(process[0].contains("nginx -g off") && process.len() == 1);
    let error = ask("_DebugMDGetWithPrefix", &[Datum::Text(""), Datum::Text("")]).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("empty prefixes are not supported"),
        "{error}"
    );
    let state = rows("_DebugMDState", &[]);
    assert_eq!(state.len(), 1);
    assert!(state[0].starts_with("1|pl/agent|hostname myhost\nprocesses 3\n"));
    assert!(state[0].contains("kubernetes_objects 12\n") && state[0].contains("/service/3_uid {"));
}

#[test]
fn arguments_that_do_not_fit_are_refused() {
    let registry = Registry::new(recorded());
    let function = registry.table_function("GetAgentStatus").unwrap();
    for args in [&[][..], &[ScalarValue::Int64(Some(1))]] {
        let error = function.evaluate(args, &registry, &State).unwrap_err();
        assert!(
            matches!(error, TableFunctionError::WrongArguments { .. }),
            "{error}"
        );
    }
}
