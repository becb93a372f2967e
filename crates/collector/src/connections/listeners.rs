//! Tells servers from clients where no call and no handshake has told: whoever uses a port on which
//! something listens is the server, and so is the end of a unix connection that has a name.

use crate::abi::Open;
use crate::procfs;
use nixie_types::Role;
use std::collections::{HashMap, HashSet};

const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;
const SOCK_STREAM: u16 = 1;

/// How long the ports of a network namespace are believed.
const FRESH_NS: i64 = 2_000_000_000;

/// LIMIT: network namespaces remembered at once.
const NAMESPACES_MAX: usize = 1024;

/// Listening ports by network namespace.
#[derive(Debug, Default)]
pub(crate) struct Listeners {
    namespaces: HashMap<u32, Ports>,
}

#[derive(Debug)]
struct Ports {
    read_ns: i64,
    ports: HashSet<u16>,
}

impl Listeners {
    /// Returns the role of a process on a connection that no call has told about.
    pub(crate) fn role(&mut self, pid: u32, open: &Open, now_ns: i64) -> Role {
        if open.family == AF_UNIX {
            return unix_role(open);
        }
        let is_tcp = matches!(open.family, AF_INET | AF_INET6)
            && open.socket_type == SOCK_STREAM
            && open.local_port != 0;
        if !is_tcp {
            return Role::Unknown;
        }
        let stale = |ports: &Ports| now_ns - ports.read_ns > FRESH_NS;
        if self.namespaces.get(&open.netns).is_none_or(stale) {
            if self.namespaces.len() >= NAMESPACES_MAX {
                self.namespaces.clear();
            }
            let ports = procfs::listening_ports(pid);
            self.namespaces.insert(
                open.netns,
                Ports {
                    read_ns: now_ns,
                    ports,
                },
            );
        }
        match self.namespaces.get(&open.netns) {
            Some(known) if known.ports.contains(&open.local_port) => Role::Server,
            Some(known) if !known.ports.is_empty() => Role::Client,
            // The process may be gone, or nothing listens: no evidence for either side.
            _ => Role::Unknown,
        }
    }
}

/// The accepted end of a connection has the name of its listener; clients rarely have one.
fn unix_role(open: &Open) -> Role {
    let is_named = |path: &[u8]| path.iter().any(|&byte| byte != 0);
    match (is_named(&open.local_path), is_named(&open.remote_path)) {
        (true, false) => Role::Server,
        (false, true) => Role::Client,
        _ => Role::Unknown,
    }
}
