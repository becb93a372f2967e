//! What processes use, by proc(5).

use anyhow::{Context, Result};
use std::fs;

/// Length of a tick of `/proc/PID/stat` in microseconds; it is 10 ms on all that Linux runs on.
const TICK_US: f64 = 10_000.0;

/// Returns the CPU time of a process and its threads so far, in microseconds.
pub(super) fn cpu_us(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    ticks(&text)
        .map(|ticks| ticks * TICK_US)
        .with_context(|| format!("stat of {pid}: `{text}`"))
}

/// Returns user and system time together. The name of a process may hold blanks and brackets.
fn ticks(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let user: u32 = fields.nth(11)?.parse().ok()?;
    let system: u32 = fields.next()?.parse().ok()?;
    Some(f64::from(user) + f64::from(system))
}

/// Returns the resident memory of a process in MiB.
pub(super) fn resident_mib(pid: u32) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    Ok(kib.context("no `VmRSS` in the status of the agent")? / 1024.0)
}

/// Returns the direct children of a process.
pub(super) fn children(pid: u32) -> Result<Vec<u32>> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    Ok(text
        .split_whitespace()
        .map(str::parse)
        .collect::<Result<_, _>>()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_any_name() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 1 0 0 0 12 30 0 0 20 0 1 0 5 0 0";
        assert_eq!(ticks(stat), Some(42.0));
        assert_eq!(ticks("7 (short) S"), None);
    }

    #[test]
    fn the_own_process_can_be_read() {
        let own = std::process::id();
        assert!(cpu_us(own).unwrap() >= 0.0);
        assert!(resident_mib(own).unwrap() > 0.1);
        assert!(children(own).is_ok());
    }
}
