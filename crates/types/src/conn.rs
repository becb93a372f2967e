//! What is known of a traced connection besides its bytes.

use crate::upid::Upid;

/// Which way bytes travel, seen from the traced process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Direction {
    /// Written by the traced process.
    Egress,
    /// Read by the traced process.
    Ingress,
}

impl Direction {
    /// Returns the other direction.
    #[must_use]
    pub const fn opposite(self) -> Self {
        match self {
            Self::Egress => Self::Ingress,
            Self::Ingress => Self::Egress,
        }
    }
}

/// Which side of the conversation the traced process is. The values are API: scripts compare them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Role {
    /// It sent the requests.
    Client = 1,
    /// It answered them.
    Server = 2,
    /// Nothing has told yet.
    #[default]
    Unknown = 4,
}

impl Role {
    /// Returns the value stored in `trace_role` columns.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }
}

/// Address family of a connection, as stored in `conn_stats.addr_family`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AddrFamily {
    /// Not known.
    #[default]
    Unspecified = 0,
    /// IPv4, also when carried in an IPv4-mapped IPv6 address.
    Ipv4 = 1,
    /// IPv6.
    Ipv6 = 2,
    /// Unix domain.
    Unix = 3,
    /// Anything else.
    Other = 4,
}

impl AddrFamily {
    /// Returns the stored value.
    #[must_use]
    pub const fn code(self) -> i64 {
        self as i64
    }
}

/// The columns that every row of a connection starts with, apart from its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnInfo {
    /// Process that owns the traced end.
    pub upid: Upid,
    /// Peer address as text; `-` when unresolved; `unix:PATH` for unix sockets.
    pub remote_addr: String,
    /// Peer port; -1 when unresolved.
    pub remote_port: i64,
    /// Own address as text; `-` when unresolved.
    pub local_addr: String,
    /// Own port; -1 when unresolved.
    pub local_port: i64,
    /// Side of the conversation, as far as the socket calls told.
    pub role: Role,
    /// True when the bytes come from a TLS library, so that the wire is encrypted.
    pub encrypted: bool,
}
