//! Kernel tests: real programs, loaded and attached, on processes that the test itself started.
//!
//! They need root and a kernel with type information. Where that is missing they fail and say
//! what is: a kernel test that did not run must not look like one that passed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod agent;
mod calls;
mod connections;
mod processes;
mod recorder;
mod workload;
