//! Which processes are in a network namespace.

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::time::{Duration, Instant};

/// LIMIT: time that ended processes may take to be gone.
const GONE_AFTER: Duration = Duration::from_secs(5);

/// Returns the name of the network namespace of this process.
pub(super) fn own() -> Result<String> {
    of(std::process::id()).context("`/proc/self/ns/net` cannot be read")
}

/// Returns the name of the network namespace of a process, if it can be read.
pub(super) fn of(pid: u32) -> Option<String> {
    let link = fs::read_link(format!("/proc/{pid}/ns/net")).ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// Ends all processes in a namespace; returns how many there were. Only processes that the
/// sandbox has started can be in a namespace that it has made.
pub(super) fn end_all(namespace: &str) -> usize {
    let mut ended = 0;
    let started = Instant::now();
    loop {
        let members = members(namespace);
        if members.is_empty() || started.elapsed() > GONE_AFTER {
            return ended;
        }
        ended = ended.max(members.len());
        for pid in members {
            // It may have ended since it was listed.
            kill_process(pid, Signal::KILL).ok();
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn members(namespace: &str) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|&pid| pid != std::process::id() && of(pid).as_deref() == Some(namespace))
        .filter_map(|pid| Pid::from_raw(i32::try_from(pid).ok()?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processes_are_found_by_their_namespace() {
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .spawn()
            .unwrap();
        let found = members(&own().unwrap());
        assert!(found.contains(&Pid::from_child(&child)));
        assert!(members("net:[0]").is_empty());
        assert_eq!(end_all("net:[0]"), 0);
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
