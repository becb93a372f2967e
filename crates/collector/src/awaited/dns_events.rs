//! `dns_events`: DNS queries with their answers.

use super::text;
use nixie_protocols::conn::{self, LATENCY};
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "dns_events",
    description: "DNS queries with their answers.",
    columns: &conn::columns::<5, 13>([
        text("req_header", "Header of the query as JSON."),
        text("req_body", "The questions as JSON."),
        text("resp_header", "Header of the answer as JSON."),
        text("resp_body", "The answers as JSON."),
        LATENCY,
    ]),
};
