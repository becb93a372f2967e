//! `mongodb_events`: commands of MongoDB clients with their replies.

use super::{text, word};
use nixie_protocols::conn::{self, LATENCY};
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "mongodb_events",
    description: "MongoDB commands with their replies.",
    columns: &conn::columns::<5, 13>([
        word("req_cmd", "`insert`, `delete`, `update`, `find` and so on."),
        text("req_body", "Documents of the request as JSON."),
        word("resp_status", "Status of the reply."),
        text("resp_body", "Documents of the reply as JSON."),
        LATENCY,
    ]),
};
