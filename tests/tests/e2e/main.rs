//! End-to-end tests: the px binary, real servers, real clients.
//!
//! They need root and the programs that `tests/README.md` lists. Where something is missing they
//! fail and say how to install it: a test that did not run must not look like one that passed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod agents;
mod bad_bytes;
mod bad_scripts;
mod check;
mod command_line;
mod conformance;
mod cron;
mod export;
mod files;
mod flight_sql;
mod grpcurl;
mod guest;
mod habits;
mod hostile_peers;
mod library;
mod limits;
mod live;
mod load;
mod lsp;
mod nginx;
mod oidc;
mod old_connections;
mod plans;
mod pxapi;
mod scopes;
mod sql;
mod table_functions;
mod terminal;
mod trace;
mod vis;
