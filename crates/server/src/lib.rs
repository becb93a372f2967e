//! The role `px up`: tables, query engine and API in one process.
//!
//! [`Agent`] is what the process knows: tables, losses, processes, and the engine over them. The
//! collector writes into it through [`nixie_types::Sink`]; [`Server`] answers questions about it over HTTP.
//! Whoever starts both decides their order, so that neither knows the other.
//!
//! | question | where |
//! |---|---|
//! | how do rows get in | `sink.rs` |
//! | what do table functions tell of it | `agent_state.rs` |
//! | who may ask | `auth.rs`, `endpoint_files.rs` |
//! | what can be asked | `http/` |
//! | how does it start and stop | `server.rs` |
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod agent;
mod agent_state;
mod auth;
mod endpoint_files;
mod error;
mod http;
mod random;
mod server;
mod sink;

pub use agent::{Agent, AgentConfig};
pub use error::ServerError;
pub use server::{Server, ServerConfig};
pub use sink::StoreSink;
