//! `tcp_stats_events`: bytes and retransmissions of TCP connections.

use super::bytes_counter;
use crate::sources::counter;
use nixie_protocols::conn::L8;
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "tcp_stats_events",
    description: "Bytes and retransmissions of TCP connections.",
    columns: &[
        L8[0],
        L8[1],
        L8[4],
        L8[5],
        L8[2],
        L8[3],
        bytes_counter("tx", "Bytes sent."),
        bytes_counter("rx", "Bytes received."),
        counter("retransmits", "Segments sent again."),
    ],
};
