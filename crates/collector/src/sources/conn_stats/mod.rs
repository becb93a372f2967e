//! `conn_stats`: connections and bytes by process and peer, running totals.
//!
//! Every connection in scope counts, whatever it speaks and whether or not it is decoded. Bytes
//! are those that passed through the socket calls, encrypted ones as they are.

use crate::connections::ConnTotals;
use crate::sources::{TIME, UPID, counter, gauge};
use nixie_types::{
    ColumnSpec, DataType, PatternType, Rows, SemanticType, TableSpec, Upid,
};

/// How often totals are reported.
pub(crate) const PERIOD_NS: i64 = 5_000_000_000;

const ROLES: &[(i64, &str)] = &[(1, "kRoleClient"), (2, "kRoleServer"), (4, "kRoleUnknown")];

const FAMILIES: &[(i64, &str)] =
    &[(0, "kUnspecified"), (1, "kIPv4"), (2, "kIPv6"), (3, "kUnix"), (4, "kOther")];

const PROTOCOLS: &[(i64, &str)] = &[
    (0, "kProtocolUnknown"),
    (1, "kProtocolHTTP"),
    (2, "kProtocolHTTP2"),
    (3, "kProtocolMySQL"),
    (4, "kProtocolCQL"),
    (5, "kProtocolPGSQL"),
    (6, "kProtocolDNS"),
    (7, "kProtocolRedis"),
    (8, "kProtocolNATS"),
    (9, "kProtocolMongo"),
    (10, "kProtocolKafka"),
    (11, "kProtocolMux"),
    (12, "kProtocolAMQP"),
    (13, "kProtocolTLS"),
];

const fn enumeration(
    name: &'static str,
    description: &'static str,
    names: &'static [(i64, &'static str)],
) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description)
        .pattern(PatternType::GeneralEnum)
        .decoder(names)
}

/// See the module.
pub(crate) static TABLE: TableSpec = TableSpec {
    name: "conn_stats",
    description: "Connections and bytes by process and peer, as running totals.",
    columns: &[
        TIME,
        UPID,
        ColumnSpec::new("remote_addr", DataType::String, "Address of the peer.")
            .semantic(SemanticType::IpAddress)
            .dictionary(),
        ColumnSpec::new("remote_port", DataType::Int64, "Port of the peer; 0 for servers.")
            .semantic(SemanticType::Port),
        enumeration("trace_role", "Side that the process is on.", ROLES),
        enumeration("addr_family", "Address family.", FAMILIES),
        enumeration("protocol", "Protocol last seen with this peer.", PROTOCOLS),
        ColumnSpec::new("ssl", DataType::Boolean, "Whether a TLS library was traced.")
            .pattern(PatternType::GeneralEnum),
        counter("conn_open", "Connections opened."),
        counter("conn_close", "Connections closed."),
        gauge("conn_active", "Connections open now."),
        counter("bytes_sent", "Bytes sent to the peer.").semantic(SemanticType::Bytes),
        counter("bytes_recv", "Bytes received from the peer.").semantic(SemanticType::Bytes),
    ],
};

/// Appends a row for each peer with open connections or news.
pub(crate) fn report(
    totals: &mut ConnTotals,
    is_living: impl Fn(Upid) -> bool,
    now_ns: i64,
    rows: &mut Rows,
) {
    totals.report(is_living, |key, totals| {
        rows.row()
            .time(now_ns)
            .upid(key.upid)
            .string(&key.remote_addr)
            .int64(key.remote_port)
            .int64(key.role_code)
            .int64(key.family_code)
            .int64(totals.protocol)
            .bool(totals.encrypted)
            .int64(totals.opened)
            .int64(totals.closed)
            .int64(totals.opened - totals.closed)
            .int64(totals.sent_bytes)
            .int64(totals.received_bytes)
            .end();
    });
}
