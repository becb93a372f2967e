//! Answers which process, unit or container an identity belongs to, and who it was then.
//!
//! The collector writes what it learns about processes into [`Metadata`]; queries read it by
//! [`Upid`](nixie_types::Upid), also after the process has ended. Reads do not wait for
//! `/proc`, but for [`Metadata::mapped_files`]. What
//! a Kubernetes cluster tells of pods, services and their owners is in [`kubernetes`]; a process
//! belongs to a container by its cgroup.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

pub mod cgroup;
mod cluster;
pub mod kubernetes;
mod mapped_files;
mod process;
mod store;

pub use cluster::{Cluster, uuid_text};
pub use kubernetes::{KubernetesState, KubernetesUpdate};
pub use process::Process;
pub use store::{Metadata, PROCESSES_MAX};
