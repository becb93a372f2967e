//! Addresses of connections as text.

use crate::abi::Open;
use nixie_types::AddrFamily;
use std::net::{Ipv4Addr, Ipv6Addr};

const AF_UNIX: u16 = 1;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/// Text of an address that is not known.
pub(crate) const UNRESOLVED: &str = "-";

/// Both ends of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub family: AddrFamily,
    pub local: End,
    pub remote: End,
}

/// One end of a connection.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct End {
    pub addr: String,
    /// -1 when there is none.
    pub port: i64,
}

/// Returns the ends of a connection as the kernel gave them.
pub(crate) fn ends(open: &Open) -> Ends {
    let inet = |family, addr: fn(&[u8; 16]) -> Option<String>| Ends {
        family,
        local: inet_end(addr(&open.local_addr), open.local_port),
        remote: inet_end(addr(&open.remote_addr), open.remote_port),
    };
    match open.family {
        AF_UNIX => Ends {
            family: AddrFamily::Unix,
            local: unix_end(&open.local_path),
            remote: unix_end(&open.remote_path),
        },
        AF_INET => inet(AddrFamily::Ipv4, ipv4),
        AF_INET6 if is_mapped(&open.remote_addr) || is_mapped(&open.local_addr) => {
            inet(AddrFamily::Ipv4, ipv6)
        }
        AF_INET6 => inet(AddrFamily::Ipv6, ipv6),
        _ => Ends {
            family: AddrFamily::Other,
            local: inet_end(None, 0),
            remote: inet_end(None, 0),
        },
    }
}

fn inet_end(addr: Option<String>, port: u16) -> End {
    match addr {
        Some(addr) => End {
            addr,
            port: i64::from(port),
        },
        None => End {
            addr: UNRESOLVED.to_owned(),
            port: if port == 0 { -1 } else { port.into() },
        },
    }
}

fn ipv4(bytes: &[u8; 16]) -> Option<String> {
    let addr = Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]);
    (!addr.is_unspecified()).then(|| addr.to_string())
}

/// IPv4-mapped addresses print as IPv4, so that one peer has one name.
fn ipv6(bytes: &[u8; 16]) -> Option<String> {
    let addr = Ipv6Addr::from(*bytes);
    match addr.to_ipv4_mapped() {
        Some(mapped) => (!mapped.is_unspecified()).then(|| mapped.to_string()),
        None => (!addr.is_unspecified()).then(|| addr.to_string()),
    }
}

fn is_mapped(bytes: &[u8; 16]) -> bool {
    Ipv6Addr::from(*bytes).to_ipv4_mapped().is_some()
}

/// `unix:PATH`, `unix:@NAME` for abstract names, `unix:` for sockets without a name.
fn unix_end(path: &[u8; 108]) -> End {
    let name = match path {
        [0, rest @ ..] => {
            let end = rest
                .iter()
                .rposition(|&byte| byte != 0)
                .map_or(0, |last| last + 1);
            let text = String::from_utf8_lossy(&rest[..end]).replace('\0', "@");
            if end == 0 { text } else { format!("@{text}") }
        }
        _ => {
            let end = path
                .iter()
                .position(|&byte| byte == 0)
                .unwrap_or(path.len());
            String::from_utf8_lossy(&path[..end]).into_owned()
        }
    };
    End {
        addr: format!("unix:{name}"),
        port: -1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(family: u16) -> Open {
        Open {
            conn_id: 1,
            sock: 2,
            peer: 0,
            inode: 3,
            family,
            socket_type: 1,
            role: 0,
            source: 0,
            local_port: 80,
            remote_port: 50_000,
            local_addr: [0; 16],
            remote_addr: [0; 16],
            local_path: [0; 108],
            remote_path: [0; 108],
            start_boottime_ns: 0,
            netns: 0,
        }
    }

    fn path(text: &[u8]) -> [u8; 108] {
        let mut path = [0; 108];
        path[..text.len()].copy_from_slice(text);
        path
    }

    #[test]
    fn ipv4_and_its_mapped_form_read_the_same() {
        let mut v4 = open(AF_INET);
        v4.local_addr[..4].copy_from_slice(&[10, 0, 0, 1]);
        v4.remote_addr[..4].copy_from_slice(&[10, 0, 0, 2]);
        let mut mapped = open(AF_INET6);
        mapped.local_addr = Ipv4Addr::new(10, 0, 0, 1).to_ipv6_mapped().octets();
        mapped.remote_addr = Ipv4Addr::new(10, 0, 0, 2).to_ipv6_mapped().octets();
        let expected = Ends {
            family: AddrFamily::Ipv4,
            local: End {
                addr: "10.0.0.1".to_owned(),
                port: 80,
            },
            remote: End {
                addr: "10.0.0.2".to_owned(),
                port: 50_000,
            },
        };
        assert_eq!(ends(&v4), expected);
        assert_eq!(ends(&mapped), expected);
    }

    #[test]
    fn unspecified_addresses_are_a_dash() {
        let mut v6 = open(AF_INET6);
        v6.local_addr[15] = 1;
        v6.remote_port = 0;
        let ends = ends(&v6);
        assert_eq!(ends.family, AddrFamily::Ipv6);
        assert_eq!(ends.local.addr, "::1");
        assert_eq!((ends.remote.addr.as_str(), ends.remote.port), ("-", -1));
    }

    #[test]
    fn unix_names_are_told_apart() {
        let mut unix = open(AF_UNIX);
        unix.local_path = path(b"/run/a.sock");
        unix.remote_path = path(b"\0abstract");
        assert_eq!(ends(&unix).local.addr, "unix:/run/a.sock");
        assert_eq!(ends(&unix).remote.addr, "unix:@abstract");
        assert_eq!(ends(&open(AF_UNIX)).local.addr, "unix:");
    }
}
