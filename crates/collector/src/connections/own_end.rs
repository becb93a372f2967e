//! Where the agent answers. Who asks it may be in scope, but what passes there is only counted: it
//! carries the token that lets them in, and rows that are in the tables already.

use super::address::End;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;

/// The agent's end of the connections of those who ask it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnEnd {
    end: End,
    /// `None` when it cannot be told; the address alone decides then.
    netns: Option<u32>,
}

impl OwnEnd {
    /// Returns the end at an address in the network of this process.
    pub(crate) fn new(address: SocketAddr) -> Self {
        // The id of a namespace is the inode number of its file.
        let inode = std::fs::metadata("/proc/self/ns/net").map(|data| data.ino());
        Self {
            end: End {
                addr: address.ip().to_string(),
                port: i64::from(address.port()),
            },
            netns: inode.ok().and_then(|inode| u32::try_from(inode).ok()),
        }
    }

    /// Returns true if a connection from that network to that end leads here.
    pub(crate) fn is(&self, netns: u32, addr: &str, port: i64) -> bool {
        self.netns.is_none_or(|own| own == netns) && self.end.addr == addr && self.end.port == port
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_port_address_or_network_is_somebody_else() {
        let own = OwnEnd::new(SocketAddr::from(([127, 0, 0, 1], 4747)));
        let netns = own.netns.unwrap();
        assert!(own.is(netns, "127.0.0.1", 4747));
        assert!(!own.is(netns, "127.0.0.1", 4748));
        assert!(!own.is(netns, "10.0.0.1", 4747));
        assert!(!own.is(netns + 1, "127.0.0.1", 4747));
    }
}
