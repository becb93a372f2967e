//! Tells whether a unix socket lives, and whether it has lived before the agent.
//!
//! No tracepoint tells of the start and the end of a unix socket. A server that forks for each
//! connection closes its own descriptor while the child goes on, so that a close alone means nothing.

use crate::procfs;
use std::collections::{HashMap, HashSet};

/// Inodes of living unix sockets by network namespace, read when first asked for.
#[derive(Debug, Default)]
pub(crate) struct LivingSockets {
    namespaces: HashMap<u32, HashSet<u64>>,
}

impl LivingSockets {
    /// Returns true if the socket is still there, seen from a process of its namespace. If that
    /// process has ended, so has the socket as far as can be told.
    pub(crate) fn contains(&mut self, pid: u32, netns: u32, inode: u64) -> bool {
        let read = || procfs::read(pid, "net/unix").map(|text| procfs::parse_unix_inodes(&text));
        let known = self.namespaces.entry(netns);
        known
            .or_insert_with(|| read().unwrap_or_default())
            .contains(&inode)
    }
}

/// Returns the inodes of the unix sockets in the network namespaces of some processes.
pub(crate) fn unix_sockets(pids: &[u32]) -> HashSet<u64> {
    let mut namespaces = HashSet::new();
    let mut inodes = HashSet::new();
    for &pid in pids {
        let Some(namespace) = procfs::network_namespace(pid) else {
            continue;
        };
        if namespaces.insert(namespace)
            && let Some(text) = procfs::read(pid, "net/unix")
        {
            inodes.extend(procfs::parse_unix_inodes(&text));
        }
    }
    inodes
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::net::UnixStream;

    #[test]
    fn sockets_of_this_process_live_until_they_are_closed() {
        let pair = UnixStream::pair().expect("a pair");
        let inode = rustix::fs::fstat(&pair.0).expect("a descriptor").st_ino;
        let pid = std::process::id();
        assert!(unix_sockets(&[pid]).contains(&inode));
        drop(pair);
        assert!(!unix_sockets(&[pid]).contains(&inode));
        assert!(unix_sockets(&[u32::MAX]).is_empty());
    }
}
