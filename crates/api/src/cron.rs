//! What clients and agents say to each other about scheduled scripts.

use crate::OtelEndpoint;
use serde::{Deserialize, Serialize};

/// A script to run by itself from now on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCronScript {
    /// Name; there is one script of a name.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
    /// The PxL.
    pub script: String,
    /// Seconds from one run to the next, and length of the time that each run is about.
    pub frequency_s: u32,
    /// Where exports go that do not say it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<OtelEndpoint>,
    /// Created, but not run.
    #[serde(default)]
    pub disabled: bool,
}

/// What to change of a scheduled script; what is not named stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronChanges {
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The PxL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
    /// Seconds from one run to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency_s: Option<u32>,
    /// Where exports go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<OtelEndpoint>,
    /// Whether it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// A scheduled script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronScript {
    /// Id, a UUID.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The PxL.
    pub script: String,
    /// Seconds from one run to the next.
    pub frequency_s: u32,
    /// Where exports go that do not say it themselves; empty for where its plugin says.
    pub endpoint_url: String,
    /// Names of the headers of exports; their values are not told.
    pub endpoint_headers: Vec<String>,
    /// Whether exports go without TLS where the URL does not say it.
    pub endpoint_insecure: bool,
    /// Plugin that it belongs to; empty for none.
    pub plugin_id: String,
    /// Whether it came with a plugin.
    pub is_preset: bool,
    /// Whether it runs.
    pub enabled: bool,
    /// When it was created.
    pub created_ns: i64,
    /// Periods that it did not run for, because no agent ran or the run before took too long.
    pub periods_skipped: u64,
    /// Its last run.
    pub last_run: Option<CronRun>,
}

/// A script that has just been scheduled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronCreated {
    /// The script.
    pub script: CronScript,
    /// How many exports it has; what it displays is counted, and goes nowhere.
    pub exports: usize,
}

/// All scheduled scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronScripts {
    /// The scripts, by name.
    pub scripts: Vec<CronScript>,
}

/// A run of a scheduled script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronRun {
    /// Id of the script.
    pub script_id: String,
    /// Its name.
    pub script_name: String,
    /// When it started.
    pub time_ns: i64,
    /// First time that it was about.
    pub start_ns: i64,
    /// Time up to which it was about, exclusive.
    pub end_ns: i64,
    /// `running`, `succeeded`, `incomplete`, `failed` or `skipped`.
    pub state: String,
    /// Why it failed, what is missing, or why it was skipped.
    pub message: String,
    /// Time of the compilation.
    pub compilation_ns: u64,
    /// Time of the execution, exports included.
    pub execution_ns: u64,
    /// Bytes that were read.
    pub bytes_read: u64,
    /// Rows that were read.
    pub rows_read: u64,
    /// Rows that were exported or displayed.
    pub rows: u64,
    /// Spans that arrived.
    pub spans_sent: u64,
    /// Data points that arrived.
    pub points_sent: u64,
    /// Spans and data points that did not.
    pub lost: u64,
}

/// Runs of scheduled scripts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CronRuns {
    /// The runs, the latest first.
    pub runs: Vec<CronRun>,
}
