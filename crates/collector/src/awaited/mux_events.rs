//! `mux_events`: messages of Mux, the session protocol of Finagle.

use super::number;
use nixie_protocols::conn::{self, LATENCY};
use nixie_types::{PatternType, TableSpec};

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "mux_events",
    description: "Mux (Finagle) messages.",
    columns: &conn::columns::<2, 10>([
        number("req_type", "Message type; negative for responses.")
            .pattern(PatternType::GeneralEnum),
        LATENCY,
    ]),
};
