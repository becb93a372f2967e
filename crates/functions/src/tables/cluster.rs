//! Agents, tables, tracepoints and scheduled scripts.

use super::{Executor, Question, ScriptRunResult, TableArg, TableFunction, TableFunctionError};
use crate::function::Datum;
use crate::json::write_text;
use nixie_metadata::uuid_text;
use nixie_types::{ColumnSpec, DataType, Rows, SemanticType, TableSpec, Upid};

const INCLUDE_KELVIN: &[TableArg] = &[TableArg {
    name: "include_kelvin",
    data_type: DataType::Boolean,
    semantic_type: SemanticType::None,
    default: Some(Datum::Bool(true)),
    doc: "Whether to include agents that only aggregate and collect no data.",
}];

/// `GetTables`
pub(super) static GET_TABLES: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetTables",
        description: "Tells the tables that scripts can read.",
        columns: &[
            ColumnSpec::new("table_name", DataType::String, "Name of the table."),
            ColumnSpec::new("table_desc", DataType::String, "What a row of it is."),
        ],
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: |question, rows| {
        for table in question.agent.tables() {
            let row = rows.row().string(table.spec.name);
            row.string(table.spec.description).end();
        }
        Ok(())
    },
};

/// `GetSchemas`
pub(super) static GET_SCHEMAS: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetSchemas",
        description: "Tells the columns of all tables that scripts can read.",
        columns: &[
            ColumnSpec::new("table_name", DataType::String, "Name of the table."),
            ColumnSpec::new("column_name", DataType::String, "Name of the column."),
            ColumnSpec::new(
                "column_type",
                DataType::String,
                "Value type, for example `INT64`.",
            ),
            ColumnSpec::new(
                "pattern_type",
                DataType::String,
                "How its values behave over time.",
            ),
            ColumnSpec::new("column_desc", DataType::String, "What the column holds."),
        ],
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: |question, rows| {
        for table in question.agent.tables() {
            for column in table.spec.columns {
                rows.row()
                    .string(table.spec.name)
                    .string(column.name)
                    .string(column.data_type.name())
                    .string(column.pattern_type.name())
                    .string(column.description)
                    .end();
            }
        }
        Ok(())
    },
};

/// `GetAgentStatus`
pub(super) static GET_AGENT_STATUS: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetAgentStatus",
        description: "Tells the agents and how they are.",
        columns: &[
            ColumnSpec::new("agent_id", DataType::UInt128, "Id of the agent, a UUID."),
            ColumnSpec::new("asid", DataType::Int64, "Short id of the agent."),
            ColumnSpec::new("hostname", DataType::String, "Name of its host."),
            ColumnSpec::new("ip_address", DataType::String, "Address of its host."),
            ColumnSpec::new("agent_state", DataType::String, "Whether it answers."),
            ColumnSpec::new(
                "create_time",
                DataType::Time64Ns,
                "When it was first heard of.",
            ),
            ColumnSpec::new(
                "last_heartbeat_ns",
                DataType::Int64,
                "How long ago it was last heard of, in nanoseconds.",
            ),
            ColumnSpec::new(
                "kernel_headers_installed",
                DataType::Boolean,
                "Whether its host has the headers of its kernel. They are not needed.",
            ),
        ],
    },
    executor: Executor::OneAggregator,
    args: INCLUDE_KELVIN,
    rows: |question, rows| {
        for agent in agents(question) {
            rows.row()
                .upid(Upid::from_u128(agent.id))
                .int64(i64::from(agent.asid))
                .string(&agent.hostname)
                .string(&agent.ip_address)
                .string(agent.life.name())
                .time(agent.create_time_ns)
                .int64(agent.heartbeat_age_ns)
                .bool(agent.kernel_headers_installed)
                .end();
        }
        Ok(())
    },
};

/// `GetProfilerSamplingPeriodMS`
pub(super) static GET_PROFILER_SAMPLING_PERIOD_MS: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetProfilerSamplingPeriodMS",
        description: "Tells the time between two samples of each agent's profiler, in \
                      milliseconds; 0 for one that takes none.",
        columns: &[
            ColumnSpec::new("asid", DataType::Int64, "Short id of the agent."),
            ColumnSpec::new(
                "profiler_sampling_period_ms",
                DataType::Int64,
                "Time between two samples.",
            ),
        ],
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: |question, rows| {
        for agent in question.agent.agents() {
            let row = rows.row().int64(i64::from(agent.asid));
            row.int64(agent.profiler_sampling_period_ms).end();
        }
        Ok(())
    },
};

/// `GetLinuxHeadersStatus`
pub(super) static GET_LINUX_HEADERS_STATUS: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetLinuxHeadersStatus",
        description: "Tells which hosts have the headers of their kernels. They are not needed.",
        columns: &[
            ColumnSpec::new("asid", DataType::Int64, "Short id of the agent."),
            ColumnSpec::new(
                "kernel_headers_installed",
                DataType::Boolean,
                "Whether its host has the headers of its kernel.",
            ),
        ],
    },
    executor: Executor::OneAggregator,
    args: INCLUDE_KELVIN,
    rows: |question, rows| {
        for agent in agents(question) {
            let row = rows.row().int64(i64::from(agent.asid));
            row.bool(agent.kernel_headers_installed).end();
        }
        Ok(())
    },
};

/// `GetTracepointStatus`
pub(super) static GET_TRACEPOINT_STATUS: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetTracepointStatus",
        description: "Tells the tracepoints that scripts have deployed.",
        columns: &[
            ColumnSpec::new(
                "tracepoint_id",
                DataType::UInt128,
                "Id of the tracepoint, a UUID.",
            ),
            ColumnSpec::new("name", DataType::String, "Name of the tracepoint."),
            ColumnSpec::new(
                "state",
                DataType::String,
                "One of `pending`, `running`, `failed`, `terminating`, `terminated`, `unknown`.",
            ),
            ColumnSpec::new("status", DataType::String, "Messages, as a JSON array."),
            ColumnSpec::new(
                "output_tables",
                DataType::String,
                "Tables that it writes to, as a JSON array.",
            ),
        ],
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: |question, rows| {
        for tracepoint in question.agent.tracepoints() {
            rows.row()
                .upid(Upid::from_u128(tracepoint.id))
                .string(&tracepoint.name)
                .string(tracepoint.state)
                .string(&json_array(&tracepoint.messages))
                .string(&json_array(&tracepoint.output_tables))
                .end();
        }
        Ok(())
    },
};

/// `GetCronScriptHistory`
pub(super) static GET_CRON_SCRIPT_HISTORY: TableFunction = TableFunction {
    table: TableSpec {
        name: "GetCronScriptHistory",
        description: "Tells the recorded runs of scheduled scripts.",
        columns: &[
            ColumnSpec::new("script_id", DataType::String, "Id of the script, a UUID."),
            ColumnSpec::new("timestamp", DataType::Time64Ns, "When it ran."),
            ColumnSpec::new(
                "error_message",
                DataType::String,
                "What went wrong, if anything.",
            ),
            ColumnSpec::new(
                "execution_time_ns",
                DataType::Int64,
                "Time of the execution.",
            )
            .semantic(SemanticType::DurationNs),
            ColumnSpec::new(
                "compilation_time_ns",
                DataType::Int64,
                "Time of the compilation.",
            )
            .semantic(SemanticType::DurationNs),
            ColumnSpec::new("bytes_processed", DataType::Int64, "Bytes that were read.")
                .semantic(SemanticType::Bytes),
            ColumnSpec::new("records_processed", DataType::Int64, "Rows that were read."),
        ],
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: script_runs,
};

fn script_runs(question: &Question<'_>, rows: &mut Rows) -> Result<(), TableFunctionError> {
    for run in question.agent.script_runs() {
        let (message, numbers) = match &run.result {
            ScriptRunResult::Failed { message } => (message.as_str(), [0; 4]),
            ScriptRunResult::Finished {
                execution_time_ns,
                compilation_time_ns,
                bytes_processed,
                records_processed,
            } => {
                let times = (*execution_time_ns, *compilation_time_ns);
                ("", [times.0, times.1, *bytes_processed, *records_processed])
            }
        };
        let row = rows
            .row()
            .string(&uuid_text(run.script_id))
            .time(run.time_ns);
        let row = row.string(message).int64(numbers[0]).int64(numbers[1]);
        row.int64(numbers[2]).int64(numbers[3]).end();
    }
    Ok(())
}

/// Returns the agents that the argument asks for.
fn agents(question: &Question<'_>) -> Vec<super::AgentInfo> {
    let mut agents = question.agent.agents();
    if !question.flag(0) {
        agents.retain(|agent| agent.collects_data);
    }
    agents
}

fn json_array(values: &[String]) -> String {
    let mut out = String::from("[");
    for value in values {
        if out.len() > 1 {
            out.push(',');
        }
        write_text(&mut out, value);
    }
    out.push(']');
    out
}
