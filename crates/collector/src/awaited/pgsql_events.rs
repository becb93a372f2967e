//! `pgsql_events`: requests of PostgreSQL clients with their responses.

use super::{text, word};
use nixie_protocols::conn::{self, LATENCY};
use nixie_types::{PatternType, TableSpec};

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "pgsql_events",
    description: "PostgreSQL requests with their responses.",
    columns: &conn::columns::<4, 12>([
        word(
            "req_cmd",
            "`Query`, `Parse`, `Bind`, `Describe` or `Execute`.",
        )
        .pattern(PatternType::GeneralEnum),
        text("req", "The request as text."),
        text("resp", "The response as text."),
        LATENCY,
    ]),
};
