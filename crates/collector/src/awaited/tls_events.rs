//! `tls_events`: handshakes of TLS connections.

use super::{number, text};
use nixie_protocols::conn::{L8, LATENCY};
use nixie_types::{PatternType, TableSpec};

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "tls_events",
    description: "TLS handshakes.",
    columns: &[
        L8[0],
        L8[1],
        L8[2],
        L8[3],
        L8[4],
        L8[5],
        L8[6],
        number("req_type", "Record type of the request; 22 is a handshake.")
            .pattern(PatternType::GeneralEnum),
        text("req_body", "Extensions of the ClientHello as JSON.").pattern(PatternType::Structured),
        text("resp_body", "Extensions of the ServerHello as JSON.")
            .pattern(PatternType::Structured),
        LATENCY,
    ],
};
