//! What is known of one process.

use nixie_types::Upid;

/// A process, as it was last seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Identity.
    pub upid: Upid,
    /// Identity of the parent, if it is known.
    pub parent: Option<Upid>,
    /// Host pid of the parent; 0 when there is none.
    pub parent_pid: u32,
    /// Command line, arguments joined by spaces; the name in brackets for kernel threads.
    pub cmdline: String,
    /// Path of the executable, as seen in the process' own mount namespace.
    pub exe: String,
    /// Name of the thread group leader, at most 15 bytes.
    pub comm: String,
    /// Wall-clock start time in nanoseconds since the Unix epoch.
    pub start_time_ns: i64,
    /// Path below the cgroup root; empty when there is none.
    pub cgroup: String,
    /// systemd unit that the process runs in, for example `nginx.service`.
    pub unit: Option<String>,
    /// Container id (64 hexadecimal digits) that the process runs in.
    pub container_id: Option<String>,
    /// Wall-clock time of the exit, once it has been seen.
    pub exit_time_ns: Option<i64>,
}

impl Process {
    /// Returns the last component of the executable's path, or `comm` when that is not known.
    #[must_use]
    pub fn exe_name(&self) -> &str {
        match self.exe.rsplit('/').next() {
            Some(name) if !name.is_empty() => name,
            _ => &self.comm,
        }
    }
}
