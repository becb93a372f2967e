//! Reads and parses the files of `/proc` that sources and metadata need.
//!
//! Parsing is pure and tested on text; reading is a thin edge. A process that ends while it is
//! read gives `None`, which is no error.

use crate::abi::join_arguments;
use std::collections::HashSet;
use std::fs;
use std::io::Read;
use std::path::Path;

/// LIMIT: bytes read of one file of `/proc`: some 200,000 sockets of a network namespace.
const FILE_BYTES_MAX: u64 = 16 << 20;

/// LIMIT: bytes kept of a command line.
const CMDLINE_BYTES_MAX: u64 = 4096;

/// Clock ticks per second of `/proc/PID/stat`: `USER_HZ` is 100 on all architectures in use.
pub(crate) const TICKS_PER_SEC: u64 = 100;

/// Nanoseconds of a clock tick.
pub(crate) const NANOS_PER_TICK: u64 = 1_000_000_000 / TICKS_PER_SEC;

/// The fields in use of `/proc/PID/stat` (proc(5)).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stat {
    pub comm: String,
    pub parent_pid: u32,
    pub minor_faults: i64,
    pub major_faults: i64,
    pub user_ticks: i64,
    pub kernel_ticks: i64,
    pub threads: i64,
    pub start_ticks: u64,
    pub virtual_bytes: i64,
    pub resident_pages: i64,
}

/// The fields of `/proc/PID/io` (proc(5)).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Io {
    pub rchar_bytes: i64,
    pub wchar_bytes: i64,
    pub read_bytes: i64,
    pub write_bytes: i64,
}

/// Parses `/proc/PID/stat`. The name may itself hold spaces and parentheses.
pub(crate) fn parse_stat(text: &str) -> Option<Stat> {
    let (_, after) = text.split_once('(')?;
    let (comm, after) = after.rsplit_once(')')?;
    let fields: Vec<&str> = after.split_ascii_whitespace().collect();
    // Field 3 of proc(5), the state, is the first one here.
    let field = |number: usize| fields.get(number - 3).copied();
    let number = |at: usize| field(at)?.parse::<i64>().ok();
    Some(Stat {
        comm: comm.to_owned(),
        parent_pid: field(4)?.parse().ok()?,
        minor_faults: number(10)?,
        major_faults: number(12)?,
        user_ticks: number(14)?,
        kernel_ticks: number(15)?,
        threads: number(20)?,
        start_ticks: field(22)?.parse().ok()?,
        virtual_bytes: number(23)?,
        resident_pages: number(24)?,
    })
}

/// Parses `/proc/PID/io`.
pub(crate) fn parse_io(text: &str) -> Option<Io> {
    let value = |name: &str| -> Option<i64> {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.strip_prefix(name)?
            .strip_prefix(": ")?
            .trim()
            .parse()
            .ok()
    };
    Some(Io {
        rchar_bytes: value("rchar")?,
        wchar_bytes: value("wchar")?,
        read_bytes: value("read_bytes")?,
        write_bytes: value("write_bytes")?,
    })
}

/// Picks the path that names the process' place best out of `/proc/PID/cgroup`: the unified
/// hierarchy's, else that of the v1 `name=systemd` or `pids` hierarchy.
pub(crate) fn parse_cgroup(text: &str) -> String {
    let path_of = |wanted: &str| {
        text.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let controllers = parts.next()?;
            let path = parts.next()?;
            let found = controllers == wanted || controllers.split(',').any(|one| one == wanted);
            (found && path != "/").then(|| path.to_owned())
        })
    };
    ["", "name=systemd", "pids"]
        .iter()
        .find_map(|name| path_of(name))
        .unwrap_or_default()
}

/// Parses the ports of listening sockets out of `/proc/PID/net/tcp` or `tcp6`.
pub(crate) fn parse_listening_ports(text: &str, ports: &mut HashSet<u16>) {
    /// `TCP_LISTEN` of include/net/tcp_states.h.
    const LISTEN: &str = "0A";
    for line in text.lines().skip(1) {
        let mut fields = line.split_ascii_whitespace().skip(1);
        let (Some(local), _, Some(LISTEN)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let port = local
            .rsplit(':')
            .next()
            .and_then(|hex| u16::from_str_radix(hex, 16).ok());
        ports.extend(port);
    }
}

/// Parses the inodes of living sockets out of `/proc/PID/net/unix`.
pub(crate) fn parse_unix_inodes(text: &str) -> HashSet<u64> {
    let inode = |line: &str| line.split_ascii_whitespace().nth(6)?.parse().ok();
    text.lines().skip(1).filter_map(inode).collect()
}

/// Returns the name of a process' network namespace, for example `net:[4026531840]`.
pub(crate) fn network_namespace(pid: u32) -> Option<String> {
    let link = fs::read_link(format!("/proc/{pid}/ns/net")).ok()?;
    Some(link.to_string_lossy().into_owned())
}

/// Returns the contents of a file of a process, up to a limit.
pub(crate) fn read(pid: u32, name: &str) -> Option<String> {
    let bytes = read_bytes(pid, name, FILE_BYTES_MAX)?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Returns the command line of a process, arguments joined by spaces; empty for kernel threads.
pub(crate) fn read_cmdline(pid: u32) -> Option<String> {
    Some(join_arguments(&read_bytes(
        pid,
        "cmdline",
        CMDLINE_BYTES_MAX,
    )?))
}

/// Returns the path of a process' executable; none for kernel threads.
pub(crate) fn read_exe(pid: u32) -> Option<String> {
    let target = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let text = target.to_string_lossy();
    Some(text.strip_suffix(" (deleted)").unwrap_or(&text).to_owned())
}

/// Returns the ids of all processes.
pub(crate) fn pids() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}

/// Returns the ports on which anything listens in the network namespace of a process.
pub(crate) fn listening_ports(pid: u32) -> HashSet<u16> {
    let mut ports = HashSet::new();
    for name in ["net/tcp", "net/tcp6"] {
        if let Some(text) = read(pid, name) {
            parse_listening_ports(&text, &mut ports);
        }
    }
    ports
}

fn read_bytes(pid: u32, name: &str, bytes_max: u64) -> Option<Vec<u8>> {
    let path = format!("/proc/{pid}/{name}");
    let mut bytes = Vec::new();
    fs::File::open(Path::new(&path))
        .ok()?
        .take(bytes_max)
        .read_to_end(&mut bytes)
        .ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_spaces_and_parentheses_does_not_shift_the_fields() {
        let text = "4242 (a) b) (c) S 17 4242 4242 0 -1 4194560 1033 0 7 0 12 34 0 0 20 0 5 0 \
                    88120 232431616 1701 18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0";
        let stat = parse_stat(text).expect("parses");
        assert_eq!(stat.comm, "a) b) (c");
        assert_eq!(
            (stat.parent_pid, stat.threads, stat.start_ticks),
            (17, 5, 88120)
        );
        assert_eq!((stat.minor_faults, stat.major_faults), (1033, 7));
        assert_eq!((stat.user_ticks, stat.kernel_ticks), (12, 34));
        assert_eq!(
            (stat.virtual_bytes, stat.resident_pages),
            (232_431_616, 1701)
        );
    }

    #[test]
    fn cut_or_foreign_text_gives_nothing() {
        for text in ["", "1", "1 (a", "1 (a) S 2", "1 (a) S x y z"] {
            assert_eq!(parse_stat(text), None, "{text:?}");
        }
        assert_eq!(parse_io("rchar: 1\nwchar: 2\n"), None);
    }

    #[test]
    fn io_is_read_by_name_and_write_bytes_is_not_cancelled_write_bytes() {
        let text = "rchar: 10\nwchar: 20\nsyscr: 1\nsyscw: 2\nread_bytes: 30\nwrite_bytes: 40\n\
                    cancelled_write_bytes: 50\n";
        let io = parse_io(text).expect("parses");
        let expected = Io {
            rchar_bytes: 10,
            wchar_bytes: 20,
            read_bytes: 30,
            write_bytes: 40,
        };
        assert_eq!(io, expected);
    }

    #[test]
    fn the_unified_path_wins_over_those_of_v1() {
        let text = "5:cpu,cpuacct:/a\n2:pids:/b\n1:name=systemd:/system.slice/x.service\n0::/u\n";
        assert_eq!(parse_cgroup(text), "/u");
        let v1 = "5:cpu,cpuacct:/a\n1:name=systemd:/system.slice/x.service\n0::/\n";
        assert_eq!(parse_cgroup(v1), "/system.slice/x.service");
        assert_eq!(parse_cgroup("0::/\n"), "");
    }

    #[test]
    fn only_listening_ports_are_taken() {
        let text = "  sl  local_address rem_address   st tx_queue\n\
                    0: 0100007F:1F90 00000000:0000 0A 00000000:00000000\n\
                    1: 0100007F:C350 0100007F:1F90 01 00000000:00000000\n";
        let mut ports = HashSet::new();
        parse_listening_ports(text, &mut ports);
        assert_eq!(ports, HashSet::from([8080]));
    }

    #[test]
    fn unix_sockets_are_known_by_inode() {
        let text = "Num       RefCount Protocol Flags    Type St Inode Path\n\
                    0000: 00000002 00000000 00010000 0001 01 13250 /run/a.sock\n\
                    0000: 00000003 00000000 00000000 0001 03 13251\n";
        assert_eq!(parse_unix_inodes(text), HashSet::from([13250, 13251]));
        assert_eq!(parse_unix_inodes(""), HashSet::new());
    }

    #[test]
    fn this_process_can_be_read() {
        let pid = std::process::id();
        let stat = parse_stat(&read(pid, "stat").expect("readable")).expect("parses");
        assert!(stat.threads >= 1 && stat.start_ticks > 0);
        assert!(!read_cmdline(pid).expect("readable").is_empty());
        assert!(read_exe(pid).expect("readable").starts_with('/'));
        assert!(pids().contains(&pid));
    }
}
