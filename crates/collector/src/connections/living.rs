//! Tells whether a unix socket still lives when one of its descriptors was closed.
//!
//! No tracepoint tells of the end of a unix socket. A server that forks for each connection closes
//! its own descriptor while the child goes on, so that a close alone means nothing.

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
