//! The programs' own counters, and what they take of memory.

use super::Kernel;
use libbpf_rs::btf::types::Enum;
use libbpf_rs::{MapCore, MapFlags};
use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};

/// Where `cpu_state` of `bpf/include/maps.h` has its parts.
const SEQ_OFFSET: usize = 0;
const CPU_OFFSET: usize = 24;
const STATS_OFFSET: usize = 32;

/// How many events a CPU has numbered, arrived or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub cpu: u32,
    pub events: u64,
}

impl Kernel<'_> {
    /// Returns the names of `enum stat`, in lower case and without prefix, from the object's own
    /// type information.
    pub(super) fn read_stat_names(&self) -> Vec<String> {
        let Ok(Some(btf)) = libbpf_rs::skel::Skel::object(&self.skeleton).btf() else {
            return Vec::new();
        };
        let Some(names) = btf.type_by_name::<Enum<'_>>("stat") else {
            return Vec::new();
        };
        let readable = |name: &OsStr| {
            name.to_string_lossy()
                .trim_start_matches("STAT_")
                .to_ascii_lowercase()
        };
        let mut names: Vec<String> = names
            .iter()
            .filter_map(|member| member.name.map(readable))
            .collect();
        names.retain(|name| name != "count");
        names
    }

    /// Returns each counter's name and its sum over all CPUs.
    pub(crate) fn stats(&self) -> Vec<(String, u64)> {
        let cpus = self.cpu_states();
        let total = |index: usize| {
            let of_cpu = |state: &Vec<u8>| word(state, STATS_OFFSET + index * 8);
            cpus.iter().filter_map(of_cpu).sum()
        };
        let named = self.stat_names.iter().enumerate();
        named
            .map(|(index, name)| (name.clone(), total(index)))
            .collect()
    }

    /// Returns how far the numbers of each CPU have come that has sent any event.
    pub(crate) fn numbered(&self) -> Vec<Numbered> {
        let of_cpu = |state: &Vec<u8>| {
            let events = word(state, SEQ_OFFSET).filter(|&events| events > 0)?;
            let cpu = u32::try_from(word(state, CPU_OFFSET)?).ok()?;
            Some(Numbered { cpu, events })
        };
        self.cpu_states().iter().filter_map(of_cpu).collect()
    }

    fn cpu_states(&self) -> Vec<Vec<u8>> {
        let key = 0_u32.to_ne_bytes();
        let map = &self.skeleton.maps.cpu_states;
        match map.lookup_percpu(&key, MapFlags::ANY) {
            Ok(Some(cpus)) => cpus,
            Ok(None) | Err(_) => Vec::new(),
        }
    }

    /// Returns each loaded program's name, and what is known of it as JSON.
    pub(crate) fn programs(&self) -> Vec<(String, String)> {
        let progs = &self.skeleton.progs;
        let attached = !self.links.is_empty();
        [
            (&progs.tp__sock_send_length, true),
            (&progs.tp__sock_recv_length, true),
            (&progs.cgroup__recvmsg4, attached),
            (&progs.cgroup__recvmsg6, attached),
            (&progs.tp__sys_exit, true),
            (&progs.tp__sys_exit_old, true),
            (&progs.tp__inet_sock_set_state, true),
            (&progs.tp__sched_process_fork, true),
            (&progs.tp__sched_process_exec, true),
            (&progs.tp__sched_process_exit, true),
        ]
        .into_iter()
        .filter(|(program, _)| program.autoload())
        .map(|(program, attached)| {
            let name = program.name().to_string_lossy().into_owned();
            let instructions = program.insn_cnt();
            let info = format!(r#"{{"instructions":{instructions},"attached":{attached}}}"#);
            (name, info)
        })
        .collect()
    }

    /// Returns the kernel memory of all maps, as the kernel accounts for it.
    pub(crate) fn map_bytes(&self) -> u64 {
        let maps = &self.skeleton.maps;
        let fixed = [
            maps.conns.as_fd(),
            maps.verdicts.as_fd(),
            maps.scope.as_fd(),
            maps.unix_fds.as_fd(),
            maps.handshakes.as_fd(),
            maps.message_calls.as_fd(),
            maps.datagram_peers.as_fd(),
            maps.rings.as_fd(),
            maps.scratches.as_fd(),
            maps.cpu_states.as_fd(),
        ];
        let rings = self.rings.iter().map(AsFd::as_fd);
        fixed
            .into_iter()
            .chain(rings)
            .filter_map(memlock_bytes)
            .sum()
    }
}

fn memlock_bytes(fd: BorrowedFd<'_>) -> Option<u64> {
    let path = format!("/proc/self/fdinfo/{}", fd.as_raw_fd());
    let text = std::fs::read_to_string(path).ok()?;
    text.lines()
        .find_map(|line| line.strip_prefix("memlock:"))?
        .trim()
        .parse()
        .ok()
}

fn word(bytes: &[u8], at: usize) -> Option<u64> {
    let bytes = bytes.get(at..at + 8)?.try_into().ok()?;
    Some(u64::from_ne_bytes(bytes))
}
