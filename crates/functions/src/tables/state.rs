//! What table functions ask of whoever runs the engine.

use nixie_types::TableSpec;
use std::fmt;
use std::io;

/// What is known of agents, tables, tracepoints and scheduled scripts.
pub trait AgentState: fmt::Debug + Send + Sync {
    /// Returns all agents; the one that answers is among them.
    fn agents(&self) -> Vec<AgentInfo>;

    /// Returns the tables that this agent holds, sorted by name.
    fn tables(&self) -> Vec<TableInfo>;

    /// Returns the tracepoints that scripts have deployed.
    fn tracepoints(&self) -> Vec<Tracepoint>;

    /// Returns the recorded runs of scheduled scripts.
    fn script_runs(&self) -> Vec<ScriptRun>;

    /// Returns the pod that this agent runs in, as `namespace/name`; the empty text for none.
    fn pod_name(&self) -> String;

    /// Returns the version of this agent.
    fn version(&self) -> String;

    /// Returns the text of a file about this agent's own process.
    ///
    /// # Errors
    ///
    /// When the system does not give it.
    fn process_file(&self, file: ProcessFile) -> io::Result<String>;

    /// Returns what each thread of this agent's own process does, as text.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    fn stack_traces(&self) -> io::Result<String>;
}

/// A file about a process, see proc(5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProcessFile {
    /// `smaps`
    Smaps,
    /// `status`
    Status,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentInfo {
    /// Id, a UUID.
    pub id: u128,
    /// Short id.
    pub asid: u32,
    /// Name of its host.
    pub hostname: String,
    /// Address of its host.
    pub ip_address: String,
    /// Whether it answers.
    pub life: AgentLife,
    /// When it was first heard of.
    pub create_time_ns: i64,
    /// How long ago it was last heard of.
    pub heartbeat_age_ns: i64,
    /// Whether its host has the headers of its kernel.
    pub kernel_headers_installed: bool,
    /// Whether it collects data, or only aggregates.
    pub collects_data: bool,
    /// Time between two samples of its profiler; 0 while it takes none.
    pub profiler_sampling_period_ms: i64,
}

/// Whether an agent answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgentLife {
    /// It said that it leaves.
    Disconnected,
    /// It does.
    Healthy,
    /// It is not known.
    Unknown,
    /// It does not.
    Unresponsive,
}

impl AgentLife {
    /// Returns the name in the API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Disconnected => "AGENT_STATE_DISCONNECTED",
            Self::Healthy => "AGENT_STATE_HEALTHY",
            Self::Unknown => "AGENT_STATE_UNKNOWN",
            Self::Unresponsive => "AGENT_STATE_UNRESPONSIVE",
        }
    }
}

/// A table and what happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableInfo {
    /// What it is.
    pub spec: &'static TableSpec,
    /// Its number.
    pub id: i64,
    /// Batches added since the start.
    pub batches_added: i64,
    /// Batches evicted to make room.
    pub batches_expired: i64,
    /// Bytes added since the start.
    pub bytes_added: i64,
    /// Batches that it is held in.
    pub num_batches: i64,
    /// Batches that were merged into larger ones.
    pub compacted_batches: i64,
    /// Bytes held.
    pub size_bytes: i64,
    /// Bytes held in batches that will not change any more.
    pub cold_size_bytes: i64,
    /// Most bytes that may be held.
    pub max_size_bytes: i64,
    /// Time of the oldest row; none without rows.
    pub min_time_ns: Option<i64>,
}

/// A tracepoint that a script has deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracepoint {
    /// Id, a UUID.
    pub id: u128,
    /// Name.
    pub name: String,
    /// `pending`, `running`, `failed`, `terminating`, `terminated` or `unknown`.
    pub state: &'static str,
    /// What the agents say of it.
    pub messages: Vec<String>,
    /// Tables that it writes to.
    pub output_tables: Vec<String>,
}

/// A run of a scheduled script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptRun {
    /// Id of the script, a UUID.
    pub script_id: u128,
    /// When it ran.
    pub time_ns: i64,
    /// How it ended.
    pub result: ScriptRunResult,
}

/// How a run of a script ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScriptRunResult {
    /// With an error.
    Failed {
        /// What went wrong.
        message: String,
    },
    /// With rows.
    Finished {
        /// Time of the execution.
        execution_time_ns: i64,
        /// Time of the compilation.
        compilation_time_ns: i64,
        /// Bytes that were read.
        bytes_processed: i64,
        /// Rows that were read.
        records_processed: i64,
    },
}
