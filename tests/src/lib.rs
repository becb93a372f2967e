//! What the end-to-end tests stand on: networks, processes and HTTP clients of their own.
//!
//! Each test is a [`Scene`]: a folder, a network namespace and the processes in it. All are gone
//! when the test ends, however it ends. Nothing here waits without a deadline.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod agent;
mod certificate;
mod deadline;
mod guest;
mod http;
mod kernel;
mod network;
mod page;
mod process;
mod row;
mod scene;
mod server;
mod tmux;
mod tools;

pub use agent::Agent;
pub use certificate::Certificate;
pub use deadline::{LIMIT, wait, wait_for};
pub use guest::Guest;
pub use http::{Answer, Connection, get, send_raw};
pub use kernel::KernelObjects;
pub use page::blocks;
pub use process::{Finished, Running};
pub use row::{Row, rows_of};
pub use scene::Scene;
pub use server::{PORT, Server};
pub use tmux::Terminal;
pub use tools::{
    SYSTEM_PYTHON, go, guest_kernels, node_tools, program, python_tools, python_with_adbc,
    python_with_client, workload,
};
