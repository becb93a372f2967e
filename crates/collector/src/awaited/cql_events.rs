//! `cql_events`: requests of Cassandra clients with their responses.

use super::{code, text};
use nixie_protocols::conn::{self, LATENCY};
use nixie_types::TableSpec;

const REQUESTS: &[(i64, &str)] = &[
    (1, "kStartup"),
    (5, "kOptions"),
    (7, "kQuery"),
    (9, "kPrepare"),
    (10, "kExecute"),
    (11, "kRegister"),
    (13, "kBatch"),
    (15, "kAuthResponse"),
];

const RESPONSES: &[(i64, &str)] = &[
    (0, "kError"),
    (2, "kReady"),
    (3, "kAuthenticate"),
    (6, "kSupported"),
    (8, "kResult"),
    (12, "kEvent"),
    (14, "kAuthChallenge"),
    (16, "kAuthSuccess"),
];

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "cql_events",
    description: "Cassandra (CQL) requests with their responses.",
    columns: &conn::columns::<5, 13>([
        code("req_op", "Opcode of the request.", REQUESTS),
        text("req_body", "The request as text."),
        code("resp_op", "Opcode of the response.", RESPONSES),
        text("resp_body", "The response as text."),
        LATENCY,
    ]),
};
