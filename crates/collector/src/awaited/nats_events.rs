//! `nats_events.beta`: messages between NATS clients and servers.

use super::{text, word};
use nixie_protocols::conn;
use nixie_types::{PatternType, TableSpec};

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "nats_events.beta",
    description: "NATS messages.",
    columns: &conn::columns::<3, 11>([
        word("cmd", "`INFO`, `CONNECT`, `PUB`, `SUB`, `UNSUB` or `MSG`."),
        text("body", "Options and payload as JSON.").pattern(PatternType::Structured),
        word("resp", "`+OK`, `-ERR` or nothing."),
    ]),
};
