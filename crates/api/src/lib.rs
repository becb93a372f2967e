//! The wire contract between `px` and a running agent, and its conversions.
//!
//! HTTP/1.1 with JSON for questions and a stream of length-prefixed frames for results; rows
//! travel as Arrow IPC. `docs/reference/http-api.md` describes it for other clients.
//!
//! ```text
//! frame    = kind (1 byte) · length (4 bytes, big-endian) · payload
//! response = { Table · { Rows } · TableEnd | Export } · ( End | Error )
//! ```
//!
//! Beside it is gRPC, for the published clients: [`proto`] holds its messages, and
//! [`BatchEncoder`] writes rows for it.
//!
//! The `Rows` payloads of one table, joined, are one Arrow IPC stream. A response that ends
//! without `End` or `Error` was cut off.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod api_key;
mod batch;
mod cron;
mod decode;
mod editor;
mod encode;
mod endpoint;
mod error;
mod frame;
mod message;
pub mod proto;
mod vis;

pub use api_key::{ApiKeyCreated, ApiKeyInfo, ApiKeyLookup, ApiKeys, NewApiKey};
pub use batch::{BATCH_BYTES_MAX, BatchEncoder};
pub use cron::{
    CronChanges, CronCreated, CronRun, CronRuns, CronScript, CronScripts, NewCronScript,
};
pub use decode::{Event, ResponseReader};
pub use editor::{
    Caret, CompletionItem, EditorRequest, EditorResponse, HoverItem, SignatureItem, SymbolItem,
};
pub use encode::{TableEncoder, delivered_type, encode_message};
pub use endpoint::{Endpoint, Token};
pub use error::ApiError;
pub use frame::{FRAME_BYTES_MAX, Frame, FrameKind};
pub use message::{
    ColumnInfo, Completeness, Diagnostic, End, ErrorKind, ErrorReport, ExportReport, Exported,
    FunctionCall, Language, LoginInfo, LoginResponse, Lost, OperatorStats, OtelEndpoint,
    QueryRequest, ScanStats, TableColumn, TableEnd, TableHeader, TableInfo, TablesResponse,
    VersionResponse,
};

pub use vis::vis_of_json;

/// Path of the query endpoint.
pub const QUERY_PATH: &str = "/api/v1/query";
/// Path of the endpoint that helps an editor.
pub const EDITOR_PATH: &str = "/api/v1/editor";
/// Path of the endpoint that lists the tables.
pub const TABLES_PATH: &str = "/api/v1/tables";
/// Path of the endpoint that lists and creates scheduled scripts; one is below it by its id.
pub const CRON_PATH: &str = "/api/v1/cron";
/// Path of the endpoint that lists the runs of scheduled scripts.
pub const CRON_RUNS_PATH: &str = "/api/v1/cron-runs";
/// Path of the endpoint that lists and creates API keys; one is below it by its id.
pub const API_KEYS_PATH: &str = "/api/v1/api-keys";
/// Path of the endpoint that tells what is known of a key that somebody has.
pub const API_KEY_LOOKUP_PATH: &str = "/api/v1/api-key-lookup";
/// Path of the endpoint that tells the version.
pub const VERSION_PATH: &str = "/api/v1/version";
/// Path of the end of the agent's log.
pub const LOG_PATH: &str = "/api/v1/log";
/// Path of the endpoint that tells how people log in; it needs no token.
pub const LOGIN_PATH: &str = "/api/v1/login";
/// Path of the endpoint that tells whether the agent is up; it needs no token.
pub const HEALTH_PATH: &str = "/healthz";
/// Media type of a query's response.
pub const FRAMES_MEDIA_TYPE: &str = "application/vnd.nixie.frames";
/// LIMIT: bytes of a request body; a script is a few KiB.
pub const REQUEST_BYTES_MAX: usize = 4 * 1024 * 1024;
