//! The JSON parts of requests and responses. Unknown fields are ignored, so that fields can be
//! added within a version.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A script to run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryRequest {
    /// Text of the script.
    pub script: String,
    /// Name for messages, for example a file name.
    #[serde(default)]
    pub script_name: String,
    /// Script arguments by name, as text.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
    /// Functions of the script to run, in order; with any, `px.display` does nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub functions: Vec<FunctionCall>,
    /// Language of the script.
    #[serde(default)]
    pub language: Language,
    /// Where exports go that do not say it themselves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otel_endpoint: Option<OtelEndpoint>,
}

/// A function of a script to run, with the output for what it returns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCall {
    /// Name of a function at the top level of the script.
    pub function: String,
    /// Arguments by name, as text.
    #[serde(default)]
    pub arguments: BTreeMap<String, String>,
    /// Name of the table; of several, `[0]`, `[1]` and so on follow.
    pub output: String,
}

/// Language of a script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// PxL.
    #[default]
    Pxl,
    /// One SQL query.
    Sql,
}

/// Where to export to.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtelEndpoint {
    /// `host:port` for gRPC, or a URL with the path `/v1/…` for HTTP.
    pub url: String,
    /// Headers of each request.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// True to talk without TLS where the URL does not say it.
    #[serde(default)]
    pub insecure: bool,
    /// Seconds for one request; 5 if nothing is said.
    #[serde(default)]
    pub timeout_s: Option<u64>,
}

/// Values of headers are secrets, and never shown.
impl fmt::Debug for OtelEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtelEndpoint")
            .field("url", &self.url)
            .field("headers", &self.headers.keys())
            .finish_non_exhaustive()
    }
}

/// Announces a table of the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableHeader {
    /// Name given to `px.display`.
    pub name: String,
    /// Columns in order.
    pub columns: Vec<TableColumn>,
    /// Rows come as they happen, without an end.
    #[serde(default)]
    pub streaming: bool,
}

/// A column of a table of the result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableColumn {
    /// Name.
    pub name: String,
    /// Value type, for example `INT64`.
    pub data_type: String,
    /// Meaning, for example `ST_DURATION_NS`.
    pub semantic_type: String,
}

/// Ends a table of the result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEnd {
    /// Rows delivered.
    pub rows: u64,
    /// Bytes of their values.
    pub bytes: u64,
    /// Time that the agent took, in nanoseconds.
    pub elapsed_ns: u64,
    /// What was read.
    pub scans: Vec<ScanStats>,
    /// What is missing.
    pub completeness: Completeness,
    /// What each operator of the plan did, those above others first.
    #[serde(default)]
    pub operators: Vec<OperatorStats>,
}

/// What one operator of a plan did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorStats {
    /// Number of operators above it.
    pub depth: usize,
    /// Its name and what it computes.
    pub operator: String,
    /// Rows that it gave.
    pub rows: u64,
    /// Bytes of the memory of those rows; shared memory is counted each time.
    pub bytes: u64,
    /// Time that it took itself, in nanoseconds, of all threads together.
    pub elapsed_ns: u64,
}

/// What one scan read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanStats {
    /// Table that was read.
    pub table: String,
    /// Rows that passed the time range.
    pub rows: u64,
    /// Bytes of the columns in use.
    pub bytes: u64,
}

/// What is missing from a table of the result.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completeness {
    /// Data that were lost, by reason.
    pub lost: Vec<Lost>,
    /// Rows up to this time were asked for but may have been evicted.
    pub evicted_until_ns: Option<i64>,
    /// Only so many rows are shown, and there are more.
    #[serde(default)]
    pub cut_at_rows: Option<u64>,
}

impl Completeness {
    /// Returns true when nothing that was asked for is known to be missing.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.lost.is_empty() && self.evicted_until_ns.is_none() && self.cut_at_rows.is_none()
    }
}

/// Data of one kind that were lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lost {
    /// Why.
    pub reason: String,
    /// Number of events or rows.
    pub count: u64,
    /// Number of bytes, as far as they are known.
    pub bytes: u64,
}

/// What became of rows that were exported.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportReport {
    /// Where they went.
    pub endpoint: String,
    /// How, `gRPC` or `HTTP`.
    pub protocol: String,
    /// Rows that were exported.
    pub rows: u64,
    /// Spans made of them.
    pub spans: Exported,
    /// Data points made of them.
    pub points: Exported,
    /// Requests that were sent.
    pub requests: u64,
    /// How often requests were sent again.
    pub retries: u64,
    /// What went wrong, each problem once.
    #[serde(default)]
    pub problems: Vec<String>,
    /// Time that the agent took, in nanoseconds.
    pub elapsed_ns: u64,
    /// What is missing from the rows.
    pub completeness: Completeness,
}

/// What became of data points or spans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    /// The receiver took them.
    pub sent: u64,
    /// The receiver refused them.
    pub refused: u64,
    /// They could not be delivered.
    pub dropped: u64,
}

/// Ends a response without an error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// Number of tables delivered.
    pub tables: u64,
}

/// What kind of thing went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    /// The script has errors; see the diagnostics.
    Script,
    /// The script is right but running it failed.
    Query,
    /// The request is not valid.
    Request,
    /// The token is missing or wrong.
    Unauthorized,
    /// The agent has too much to do; try again.
    Busy,
}

/// Why a request failed; the last frame of a response, or the body of an HTTP error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// What kind of thing went wrong.
    pub kind: ErrorKind,
    /// What was seen and what was expected.
    pub message: String,
    /// What caused it, outermost first.
    #[serde(default)]
    pub causes: Vec<String>,
    /// What to do about it.
    #[serde(default)]
    pub hint: Option<String>,
    /// Errors in the script, in the order of their places.
    #[serde(default)]
    pub diagnostics: Vec<Diagnostic>,
}

/// An error in a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, for example `unknown-column`.
    pub code: String,
    /// What was seen and what was expected.
    pub message: String,
    /// Line, from 1; 0 when there is no place.
    pub line: usize,
    /// Column in characters, from 1; 0 when there is no place.
    pub column: usize,
    /// Number of characters to underline.
    pub width: usize,
    /// What to do about it.
    #[serde(default)]
    pub help: Option<String>,
}

/// The tables of an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TablesResponse {
    /// Sorted by name.
    pub tables: Vec<TableInfo>,
}

/// What [`TableInfo::has_source`] means in answers of agents that do not tell.
const fn has_source() -> bool {
    true
}

/// A table and what it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableInfo {
    /// Name, as scripts spell it.
    pub name: String,
    /// What a row is.
    pub description: String,
    /// Columns in order.
    pub columns: Vec<ColumnInfo>,
    /// Whether anything fills it; without a source it stays empty.
    #[serde(default = "has_source")]
    pub has_source: bool,
    /// Rows held.
    pub rows: u64,
    /// Bytes held.
    pub bytes: u64,
    /// Most bytes that may be held.
    pub bytes_max: u64,
    /// Rows added since the start.
    pub rows_added: u64,
    /// Rows evicted to make room.
    pub rows_evicted: u64,
    /// Rows too large to be held.
    pub rows_dropped: u64,
    /// Time of the oldest row held.
    pub min_time_ns: Option<i64>,
    /// Time of the newest row held.
    pub max_time_ns: Option<i64>,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnInfo {
    /// Name, as scripts spell it.
    pub name: String,
    /// Value type, for example `INT64`.
    pub data_type: String,
    /// Meaning, for example `ST_DURATION_NS`.
    pub semantic_type: String,
    /// What it holds.
    pub description: String,
}

/// What answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct VersionResponse {
    /// Version of the agent.
    pub version: String,
    /// Name of its host.
    pub hostname: String,
    /// Its process id.
    pub pid: u32,
    /// Id of the cluster that it is to clients, a UUID.
    #[serde(default)]
    pub cluster_id: String,
    /// Name of that cluster.
    #[serde(default)]
    pub cluster_name: String,
    /// When it started, in nanoseconds since 1970.
    #[serde(default)]
    pub started_ns: i64,
    /// What keeps it from answering as it should, if anything does.
    #[serde(default)]
    pub unhealthy: Option<String>,
}

/// Answer of the endpoint that tells how people log in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginResponse {
    /// The identity provider, if there is one.
    pub oidc: Option<LoginInfo>,
}

/// What a client needs to log somebody in with OpenID Connect.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginInfo {
    /// URL of the provider.
    pub issuer: String,
    /// What the provider calls the client.
    pub client_id: String,
    /// Whom access tokens must be for; without it, the agent takes ID tokens.
    pub audience: Option<String>,
    /// What to ask the provider for.
    pub scope: String,
}
