//! `redis_events`: commands of Redis clients with their replies.

use super::{text, word};
use nixie_protocols::conn::{self, LATENCY};
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "redis_events",
    description: "Redis commands with their replies.",
    columns: &conn::columns::<4, 12>([
        word("req_cmd", "Command in upper case; one or two words."),
        text("req_args", "Arguments as JSON."),
        text("resp", "The reply as text."),
        LATENCY,
    ]),
};
