//! `mysql_events`: commands of MySQL clients with their responses.

use super::{code, text};
use nixie_protocols::conn::{self, LATENCY};
use nixie_types::TableSpec;

const COMMANDS: &[(i64, &str)] = &[
    (0, "kSleep"),
    (1, "kQuit"),
    (2, "kInitDB"),
    (3, "kQuery"),
    (4, "kFieldList"),
    (5, "kCreateDB"),
    (6, "kDropDB"),
    (7, "kRefresh"),
    (8, "kShutdown"),
    (9, "kStatistics"),
    (10, "kProcessInfo"),
    (11, "kConnect"),
    (12, "kProcessKill"),
    (13, "kDebug"),
    (14, "kPing"),
    (15, "kTime"),
    (16, "kDelayedInsert"),
    (17, "kChangeUser"),
    (18, "kBinlogDump"),
    (19, "kTableDump"),
    (20, "kConnectOut"),
    (21, "kRegisterSlave"),
    (22, "kStmtPrepare"),
    (23, "kStmtExecute"),
    (24, "kStmtSendLongData"),
    (25, "kStmtClose"),
    (26, "kStmtReset"),
    (27, "kSetOption"),
    (28, "kStmtFetch"),
    (29, "kDaemon"),
    (30, "kBinlogDumpGTID"),
    (31, "kResetConnection"),
];

const STATUSES: &[(i64, &str)] = &[(0, "kUnknown"), (1, "kNone"), (2, "kOK"), (3, "kErr")];

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "mysql_events",
    description: "MySQL commands with their responses.",
    columns: &conn::columns::<5, 13>([
        code("req_cmd", "Command byte of the request.", COMMANDS),
        text(
            "req_body",
            "The request as text; statements with their parameters.",
        ),
        code("resp_status", "How the command ended.", STATUSES),
        text(
            "resp_body",
            "The response as text: rows counted, or the error message.",
        ),
        LATENCY,
    ]),
};
