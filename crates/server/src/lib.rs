//! The role `px up`: tables, query engine and API in one process.
//!
//! [`Agent`] is what the process knows: tables, losses, processes, and the engine over them. The
//! collector writes into it through [`nixie_types::Sink`]; [`Server`] answers questions about it over HTTP
//! and gRPC.
//! Whoever starts both decides their order, so that neither knows the other.
//!
//! | question | where |
//! |---|---|
//! | how do rows get in | `sink.rs` |
//! | what do table functions tell of it | `agent_state.rs` |
//! | who may ask | `access/`, `endpoint_files.rs` |
//! | who are people | `oidc/` |
//! | who did ask | `audit.rs` |
//! | how do connections come in | `listener/` |
//! | what can be asked | `http/`, `grpc/` |
//! | which scripts run by themselves | `schedule/` |
//! | how does it start and stop | `server/` |
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod access;
mod agent;
mod agent_state;
mod audit;
mod cluster;
mod completeness;
mod endpoint_files;
mod error;
mod exports;
mod grpc;
mod http;
mod listener;
mod log_tail;
pub mod oidc;
mod private_file;
mod random;
mod schedule;
mod server;
mod sink;
mod state;
mod state_file;
mod turn;

pub use access::{KeyError, KeyInfo, KeyStore, NewKey, Role, UnknownRole};
pub use agent::{Agent, AgentConfig};
pub use audit::API_QUERIES;
pub use error::ServerError;
pub use listener::{TlsConfig, TlsError};
pub use log_tail::LogTail;
pub use oidc::OidcConfig;
pub use schedule::{LibraryScript, Preset, ScheduleError, ScriptLibrary};
pub use server::{Server, ServerConfig};
pub use sink::StoreSink;
pub use state_file::StateFileError;
