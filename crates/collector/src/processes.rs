//! Follows the processes in scope, and keeps the metadata store up to date with them.
//!
//! The kernel tells of forks, execs and exits; `/proc` completes what an event does not carry. A
//! process that is first met through its traffic is read from `/proc` then.

use crate::abi::{Exec, Exit, Fork};
use crate::procfs::{self, NANOS_PER_TICK};
use nixie_metadata::{Metadata, Process, cgroup};
use nixie_types::Upid;
use std::collections::HashMap;
use std::sync::Arc;

/// LIMIT: living processes followed at once; the scope map of the programs has as many.
const PROCESSES_MAX: usize = 32_768;

/// The processes in scope, by thread group id.
pub(crate) struct Processes {
    metadata: Arc<Metadata>,
    living: HashMap<u32, Upid>,
    clock: Clock,
}

/// Turns the kernel's clocks into wall time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Clock {
    /// Wall time at which `CLOCK_MONOTONIC` was 0.
    monotonic_zero_ns: i64,
    /// Wall time at which `CLOCK_BOOTTIME` was 0.
    boot_zero_ns: i64,
}

impl Clock {
    /// Reads all clocks now. Wall time can be set and slewed: read again every second or so.
    pub(crate) fn read() -> Self {
        let wall_ns = nixie_types::clock::now_ns();
        Self {
            monotonic_zero_ns: wall_ns - clock_ns(rustix::time::ClockId::Monotonic),
            boot_zero_ns: wall_ns - clock_ns(rustix::time::ClockId::Boottime),
        }
    }

    /// Returns the wall time of an instant of `CLOCK_MONOTONIC`.
    pub(crate) const fn wall_ns(self, monotonic_ns: u64) -> i64 {
        self.monotonic_zero_ns.saturating_add_unsigned(monotonic_ns)
    }

    /// Returns the instant of `CLOCK_MONOTONIC` of a wall time.
    pub(crate) const fn monotonic_ns(self, wall_ns: i64) -> u64 {
        let since_ns = wall_ns.saturating_sub(self.monotonic_zero_ns);
        if since_ns < 0 {
            0
        } else {
            since_ns.cast_unsigned()
        }
    }

    const fn wall_of_boot_ns(self, boottime_ns: u64) -> i64 {
        self.boot_zero_ns.saturating_add_unsigned(boottime_ns)
    }
}

fn clock_ns(id: rustix::time::ClockId) -> i64 {
    let time = rustix::time::clock_gettime(id);
    time.tv_sec * nixie_types::clock::NANOS_PER_SEC + time.tv_nsec
}

impl Processes {
    /// Returns an empty set that writes to `metadata`.
    pub(crate) fn new(metadata: Arc<Metadata>, clock: Clock) -> Self {
        Self {
            metadata,
            living: HashMap::new(),
            clock,
        }
    }

    /// Takes over a newer reading of the clocks.
    pub(crate) const fn set_clock(&mut self, clock: Clock) {
        self.clock = clock;
    }

    /// Returns the identity of a process whose leader started at that time since boot; 0 when the
    /// event did not tell.
    pub(crate) fn upid(&mut self, tgid: u32, start_boottime_ns: u64) -> Upid {
        if let Some(&upid) = self.living.get(&tgid)
            && (start_boottime_ns == 0 || upid.start_ticks == start_boottime_ns / NANOS_PER_TICK)
        {
            return upid;
        }
        self.meet(tgid, start_boottime_ns)
    }

    /// Returns the identities of all living processes.
    pub(crate) fn living(&self) -> impl Iterator<Item = Upid> + '_ {
        self.living.values().copied()
    }

    pub(crate) fn forked(&mut self, parent_tgid: u32, fork: &Fork) {
        let parent = self.upid(parent_tgid, fork.parent_start_boottime_ns);
        let upid = self.new_upid(fork.child_tgid, fork.child_start_boottime_ns);
        // Until it execs, a child is what its parent is.
        let template = self
            .metadata
            .process(parent)
            .map(|process| (*process).clone());
        self.enter(Process {
            upid,
            parent: Some(parent),
            parent_pid: parent_tgid,
            start_time_ns: self.clock.wall_of_boot_ns(fork.child_start_boottime_ns),
            exit_time_ns: None,
            ..template.unwrap_or_default()
        });
    }

    pub(crate) fn execed(&mut self, tgid: u32, exec: &Exec) {
        let upid = self.new_upid(tgid, exec.start_boottime_ns);
        let known = self
            .metadata
            .process(upid)
            .map(|process| (*process).clone());
        let parent = self.living.get(&exec.parent_tgid).copied();
        let mut process = Process {
            upid,
            parent,
            parent_pid: exec.parent_tgid,
            start_time_ns: self.clock.wall_of_boot_ns(exec.start_boottime_ns),
            ..known.unwrap_or_default()
        };
        process.comm.clone_from(&exec.comm);
        process.cmdline.clone_from(&exec.cmdline);
        process.exe = procfs::read_exe(tgid).unwrap_or_else(|| exec.filename.clone());
        read_cgroup(tgid, &mut process);
        self.enter(process);
    }

    /// Notes the end of a process; returns its identity.
    pub(crate) fn exited(&mut self, tgid: u32, exit: &Exit, time_ns: i64) -> Upid {
        let upid = self.upid(tgid, exit.start_boottime_ns);
        let known = self.metadata.process(upid);
        // It may have been gone before it was looked at; its end tells what it was called.
        if let Some(nameless) = known.filter(|known| known.comm.is_empty()) {
            self.metadata.insert(Process {
                comm: exit.comm.clone(),
                ..(*nameless).clone()
            });
        }
        self.metadata.exited(upid, time_ns);
        self.living.remove(&tgid);
        upid
    }

    /// Forgets processes whose exit was not seen. Returns how many.
    pub(crate) fn sweep(&mut self, now_ns: i64) -> usize {
        let gone: Vec<(u32, Upid)> = self
            .living
            .iter()
            .filter(|(tgid, upid)| {
                let stat = procfs::read(**tgid, "stat").and_then(|text| procfs::parse_stat(&text));
                stat.is_none_or(|stat| stat.start_ticks != upid.start_ticks)
            })
            .map(|(tgid, upid)| (*tgid, *upid))
            .collect();
        for (tgid, upid) in &gone {
            self.living.remove(tgid);
            self.metadata.exited(*upid, now_ns);
        }
        gone.len()
    }

    fn meet(&mut self, tgid: u32, start_boottime_ns: u64) -> Upid {
        let stat = procfs::read(tgid, "stat").and_then(|text| procfs::parse_stat(&text));
        let upid = match (&stat, start_boottime_ns) {
            (Some(stat), 0) => self.new_upid(tgid, stat.start_ticks * NANOS_PER_TICK),
            (_, start_ns) => self.new_upid(tgid, start_ns),
        };
        let mut process = Process {
            upid,
            start_time_ns: self
                .clock
                .wall_of_boot_ns(upid.start_ticks * NANOS_PER_TICK),
            ..Process::default()
        };
        // Another process may have taken over the pid since the event.
        if let Some(stat) = stat.filter(|stat| stat.start_ticks == upid.start_ticks) {
            process.parent_pid = stat.parent_pid;
            process.parent = self.living.get(&stat.parent_pid).copied();
            process.cmdline = procfs::read_cmdline(tgid).unwrap_or_default();
            if process.cmdline.is_empty() {
                process.cmdline = format!("[{}]", stat.comm);
            }
            process.comm = stat.comm;
            process.exe = procfs::read_exe(tgid).unwrap_or_default();
            read_cgroup(tgid, &mut process);
        }
        self.enter(process);
        upid
    }

    fn enter(&mut self, process: Process) {
        if self.living.len() < PROCESSES_MAX || self.living.contains_key(&process.upid.pid) {
            self.living.insert(process.upid.pid, process.upid);
        }
        self.metadata.insert(process);
    }

    fn new_upid(&self, tgid: u32, start_boottime_ns: u64) -> Upid {
        let asid = self.metadata.asid();
        Upid {
            asid,
            pid: tgid,
            start_ticks: start_boottime_ns / NANOS_PER_TICK,
        }
    }
}

fn read_cgroup(tgid: u32, process: &mut Process) {
    let Some(text) = procfs::read(tgid, "cgroup") else {
        return;
    };
    process.cgroup = procfs::parse_cgroup(&text);
    process.unit = cgroup::unit_of(&process.cgroup);
    process.container_id = cgroup::container_id_of(&process.cgroup);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processes() -> (Arc<Metadata>, Processes) {
        let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
        let processes = Processes::new(Arc::clone(&metadata), Clock::read());
        (metadata, processes)
    }

    #[test]
    fn a_process_met_by_its_traffic_is_read_from_proc() {
        let (metadata, mut processes) = processes();
        let upid = processes.upid(std::process::id(), 0);
        let known = metadata.process(upid).expect("known");
        assert!(!known.cmdline.is_empty() && known.exe.starts_with('/'));
        let age_ns = nixie_types::clock::now_ns() - known.start_time_ns;
        assert!(
            (0..3_600_000_000_000).contains(&age_ns),
            "started {age_ns} ns ago"
        );
        assert_eq!(processes.sweep(1), 0);
    }

    #[test]
    fn a_child_is_its_parent_until_it_execs_and_is_known_after_its_end() {
        let (metadata, mut processes) = processes();
        let pid = std::process::id();
        let parent = processes.upid(pid, 0);
        let start_ns = parent.start_ticks * NANOS_PER_TICK;
        let fork = Fork {
            child_tgid: u32::MAX,
            child_start_boottime_ns: 50 * NANOS_PER_TICK,
            parent_start_boottime_ns: start_ns,
        };
        processes.forked(pid, &fork);
        let child = processes.upid(u32::MAX, 0);
        let inherited = metadata.process(child).expect("known");
        assert_eq!(inherited.parent, Some(parent));
        assert_eq!(
            inherited.cmdline,
            metadata.process(parent).expect("known").cmdline
        );
        let exec = Exec {
            start_boottime_ns: 50 * NANOS_PER_TICK,
            parent_tgid: pid,
            comm: "true".to_owned(),
            filename: "/bin/true".to_owned(),
            cmdline: "/bin/true --now".to_owned(),
        };
        processes.execed(u32::MAX, &exec);
        let exit = Exit {
            start_boottime_ns: 50 * NANOS_PER_TICK,
            code: 0,
            comm: "true".to_owned(),
        };
        assert_eq!(processes.exited(u32::MAX, &exit, 99), child);
        let ended = metadata.process(child).expect("still known");
        assert_eq!(
            (ended.cmdline.as_str(), ended.exit_time_ns),
            ("/bin/true --now", Some(99))
        );
        assert!(!processes.living().any(|upid| upid == child));
    }

    #[test]
    fn a_process_that_was_gone_when_it_was_looked_at_has_the_name_of_its_end() {
        let (metadata, mut processes) = processes();
        let upid = processes.upid(u32::MAX, 50 * NANOS_PER_TICK);
        assert_eq!(metadata.process(upid).expect("known").comm, "");
        let exit = Exit {
            start_boottime_ns: 50 * NANOS_PER_TICK,
            code: 0,
            comm: "short".to_owned(),
        };
        assert_eq!(processes.exited(u32::MAX, &exit, 99), upid);
        let ended = metadata.process(upid).expect("still known");
        assert_eq!(
            (ended.comm.as_str(), ended.exit_time_ns),
            ("short", Some(99))
        );
    }

    #[test]
    fn a_reused_pid_is_another_process() {
        let (_, mut processes) = processes();
        let first = processes.upid(u32::MAX, 10 * NANOS_PER_TICK);
        let second = processes.upid(u32::MAX, 20 * NANOS_PER_TICK);
        assert_ne!(first, second);
        assert_eq!(processes.upid(u32::MAX, 20 * NANOS_PER_TICK), second);
        assert_eq!(processes.sweep(1), 1);
    }
}
