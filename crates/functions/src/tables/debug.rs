//! What an agent knows and holds.

use super::{Executor, Question, TableArg, TableFunction, TableFunctionError};
use nixie_metadata::{Process, uuid_text};
use nixie_types::{ColumnSpec, DataType, SemanticType, TableSpec};
use serde_json::json;
use std::fmt::Write as _;

const AGENT: ColumnSpec = ColumnSpec::new("asid", DataType::Int64, "Short id of the agent.");

/// LIMIT: bytes of the text of one agent's metadata; the rest is counted, not told.
const STATE_TEXT_BYTES_MAX: usize = 4 << 20;

/// `Version`
pub(super) static VERSION: TableFunction = TableFunction {
    table: TableSpec {
        name: "Version",
        description: "Tells the version of the agent.",
        columns: &[
            AGENT,
            ColumnSpec::new(
                "version",
                DataType::String,
                "The version, for example `v0.1.0`.",
            ),
        ],
    },
    executor: Executor::OneAggregator,
    args: &[],
    rows: |question, rows| {
        let version = question.agent.version();
        rows.row().int64(question.asid()).string(&version).end();
        Ok(())
    },
};

/// `_DebugTableInfo`
pub(super) static DEBUG_TABLE_INFO: TableFunction = TableFunction {
    table: TableSpec {
        name: "_DebugTableInfo",
        description: "Tells the tables that the agents hold, and what happened to them.",
        columns: &[
            AGENT,
            ColumnSpec::new("name", DataType::String, "Name of the table."),
            ColumnSpec::new("id", DataType::Int64, "Number of the table."),
            ColumnSpec::new(
                "batches_added",
                DataType::Int64,
                "Batches added since the start.",
            ),
            ColumnSpec::new(
                "batches_expired",
                DataType::Int64,
                "Batches evicted to make room.",
            ),
            ColumnSpec::new(
                "bytes_added",
                DataType::Int64,
                "Bytes added since the start.",
            ),
            ColumnSpec::new(
                "num_batches",
                DataType::Int64,
                "Batches that it is held in.",
            ),
            ColumnSpec::new(
                "compacted_batches",
                DataType::Int64,
                "Batches merged into larger ones.",
            ),
            ColumnSpec::new("size", DataType::Int64, "Bytes held."),
            ColumnSpec::new(
                "cold_size",
                DataType::Int64,
                "Bytes in batches that stay as they are.",
            ),
            ColumnSpec::new(
                "max_table_size",
                DataType::Int64,
                "Most bytes that may be held.",
            ),
            ColumnSpec::new(
                "min_time",
                DataType::Time64Ns,
                "Time of the oldest row; -1 without.",
            ),
        ],
    },
    executor: Executor::AllAgents,
    args: &[],
    rows: |question, rows| {
        for table in question.agent.tables() {
            rows.row()
                .int64(question.asid())
                .string(table.spec.name)
                .int64(table.id)
                .int64(table.batches_added)
                .int64(table.batches_expired)
                .int64(table.bytes_added)
                .int64(table.num_batches)
                .int64(table.compacted_batches)
                .int64(table.size_bytes)
                .int64(table.cold_size_bytes)
                .int64(table.max_size_bytes)
                .time(table.min_time_ns.unwrap_or(-1))
                .end();
        }
        Ok(())
    },
};

/// `_DebugMDState`
pub(super) static DEBUG_MD_STATE: TableFunction = TableFunction {
    table: TableSpec {
        name: "_DebugMDState",
        description: "Tells what the agents know of processes, pods and services, as text.",
        columns: &[
            AGENT,
            ColumnSpec::new(
                "pod_name",
                DataType::String,
                "Pod of the agent; empty on a plain host.",
            ),
            ColumnSpec::new("debug_state", DataType::String, "An object a line."),
        ],
    },
    executor: Executor::AllAgents,
    args: &[],
    rows: |question, rows| {
        let text = state_text(question);
        let row = rows
            .row()
            .int64(question.asid())
            .string(&question.agent.pod_name());
        row.string(&text).end();
        Ok(())
    },
};

/// `_DebugMDGetWithPrefix`
pub(super) static DEBUG_MD_GET_WITH_PREFIX: TableFunction = TableFunction {
    table: TableSpec {
        name: "_DebugMDGetWithPrefix",
        description: "Tells what is known under the keys that begin with a text: `/agent/`, \
                      `/processes/`, `/pod/`, `/container/`, `/service/`, `/namespace/`, `/node/`, \
                      `/replica_set/`, `/deployment/`, each followed by an id.",
        columns: &[
            ColumnSpec::new("key", DataType::String, "The key."),
            ColumnSpec::new("value", DataType::String, "What is known, as JSON."),
        ],
    },
    executor: Executor::OneAggregator,
    args: &[
        TableArg {
            name: "prefix",
            data_type: DataType::String,
            semantic_type: SemanticType::None,
            default: None,
            doc: "What the keys begin with.",
        },
        TableArg {
            name: "proto",
            data_type: DataType::String,
            semantic_type: SemanticType::None,
            default: None,
            doc: "Name of the message that the values are; they are JSON whatever it is.",
        },
    ],
    rows: |question, rows| {
        let prefix = question.text(0);
        if prefix.is_empty() {
            return Err(TableFunctionError::Refused {
                function: question.function.name(),
                message: "empty prefixes are not supported; give at least `/`",
            });
        }
        for (key, value) in entries(question, prefix) {
            rows.row().string(&key).string(&value).end();
        }
        Ok(())
    },
};

fn state_text(question: &Question<'_>) -> String {
    let kubernetes = question.metadata.kubernetes();
    let mut out = format!(
        "hostname {}\nprocesses {}\nprocesses_forgotten {}\nkubernetes_objects {}\n\
         kubernetes_objects_forgotten {}\nkubernetes_news_refused {}\ncidrs {}\n",
        question.metadata.hostname(),
        question.metadata.processes().len(),
        question.metadata.forgotten(),
        kubernetes.len(),
        kubernetes.forgotten(),
        kubernetes.refused(),
        kubernetes.cidrs().join(" "),
    );
    let mut left_out = 0;
    for (key, value) in entries(question, "/") {
        if out.len() + key.len() + value.len() > STATE_TEXT_BYTES_MAX {
            left_out += 1;
            continue;
        }
        // Writing to a `String` cannot fail.
        writeln!(out, "{key} {value}").unwrap_or_default();
    }
    if left_out > 0 {
        writeln!(out, "and {left_out} more").unwrap_or_default();
    }
    out
}

/// Returns all keys that begin with a text, with what is known, sorted by key.
fn entries(question: &Question<'_>, prefix: &str) -> Vec<(String, String)> {
    let mut all = Entries {
        prefix,
        found: Vec::new(),
    };
    for agent in question.agent.agents() {
        all.add("agent", &uuid_text(agent.id), || {
            json!({
                "asid": agent.asid,
                "hostname": agent.hostname,
                "ip_address": agent.ip_address,
                "state": agent.life.name(),
            })
        });
    }
    for process in question.metadata.processes() {
        all.add("processes", &process.upid.to_string(), || {
            process_json(&process)
        });
    }
    let kubernetes = question.metadata.kubernetes();
    for container in kubernetes.containers() {
        all.add("container", &container.id, || json!(**container));
    }
    for deployment in kubernetes.deployments() {
        all.add("deployment", &deployment.uid, || json!(**deployment));
    }
    for namespace in kubernetes.namespaces() {
        all.add("namespace", &namespace.uid, || json!(**namespace));
    }
    for node in kubernetes.nodes() {
        all.add("node", &node.uid, || json!(**node));
    }
    for pod in kubernetes.pods() {
        all.add("pod", &pod.uid, || json!(**pod));
    }
    for replica_set in kubernetes.replica_sets() {
        all.add("replica_set", &replica_set.uid, || json!(**replica_set));
    }
    for service in kubernetes.services() {
        all.add("service", &service.uid, || json!(**service));
    }
    all.found.sort_unstable();
    all.found
}

struct Entries<'p> {
    prefix: &'p str,
    found: Vec<(String, String)>,
}

impl Entries<'_> {
    fn add(&mut self, kind: &str, id: &str, value: impl Fn() -> serde_json::Value) {
        let key = format!("/{kind}/{id}");
        if key.starts_with(self.prefix) {
            self.found.push((key, value().to_string()));
        }
    }
}

fn process_json(process: &Process) -> serde_json::Value {
    json!({
        "cmdline": process.cmdline,
        "comm": process.comm,
        "container_id": process.container_id,
        "exe": process.exe,
        "exit_time_ns": process.exit_time_ns,
        "parent_pid": process.parent_pid,
        "start_time_ns": process.start_time_ns,
        "unit": process.unit,
    })
}
