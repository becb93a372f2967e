//! `network_stats`: what each pod sent and received, running totals.

use super::{bytes_counter, text};
use crate::sources::{TIME, counter};
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "network_stats",
    description: "Network traffic of each pod, as running totals.",
    columns: &[
        TIME,
        text("pod_id", "Identity of the pod.").dictionary(),
        bytes_counter("rx_bytes", "Bytes received."),
        counter("rx_packets", "Packets received."),
        counter("rx_errors", "Errors while receiving."),
        counter("rx_drops", "Packets dropped while receiving."),
        bytes_counter("tx_bytes", "Bytes sent."),
        counter("tx_packets", "Packets sent."),
        counter("tx_errors", "Errors while sending."),
        counter("tx_drops", "Packets dropped while sending."),
    ],
};
