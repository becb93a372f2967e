//! Answers which process, unit or container an identity belongs to, and who it was then.
//!
//! The collector writes what it learns about processes into [`Metadata`]; queries read it by
//! [`Upid`], also after the process has ended. Reads never wait for `/proc`.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

pub mod cgroup;
mod process;
mod store;

pub use process::Process;
pub use store::{Metadata, PROCESSES_MAX};
