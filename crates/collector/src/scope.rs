//! What is traced, and what is not.

use std::path::PathBuf;

/// The processes whose connections are captured. The agent never traces itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole host.
    All,
    /// These processes and all their descendants, present and future.
    Pids(Vec<u32>),
    /// The processes in a cgroup (v2) and in those below it.
    Cgroup(PathBuf),
    /// Processes whose executable has this file name, and their forks.
    Exe(String),
}

/// LIMIT: bytes of an executable's name (`config.exe` in `bpf/include/events.h`).
pub const EXE_NAME_BYTES_MAX: usize = 63;
