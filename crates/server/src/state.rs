//! What all requests share.

use crate::access::Access;
use crate::cluster::Cluster;
use crate::grpc::{Health, Queries, Running};
use crate::schedule::Schedule;
use crate::turn::Turns;
use crate::{Agent, LogTail};
use nixie_pxl::{CompileOptions, Diagnostic, FunctionCall, Program};
use nixie_query::Engine;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Turns a script into a program; [`Engine::compile_functions`] outside of tests.
pub(crate) type Compile =
    fn(&Engine, &str, &CompileOptions, &[FunctionCall]) -> Result<Program, Vec<Diagnostic>>;

/// What requests share.
pub(crate) struct ServerState {
    pub(crate) agent: Arc<Agent>,
    pub(crate) access: Access,
    pub(crate) cluster: Cluster,
    pub(crate) version: String,
    pub(crate) compile: Compile,
    pub(crate) turns: Turns,
    /// Where queries run.
    pub(crate) query_handle: Handle,
    /// The queries of gRPC clients.
    pub(crate) queries: Arc<Queries>,
    /// The queries of Flight SQL clients.
    pub(crate) running: Arc<Running>,
    pub(crate) health: Health,
    pub(crate) schedule: Arc<Schedule>,
    pub(crate) log: Arc<LogTail>,
    pub(crate) started_ns: i64,
}
