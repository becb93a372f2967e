//! `mysql_command_name`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::name_or_number;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `mysql_command_name`
pub(crate) const MYSQL_COMMAND_NAME: Function = Function {
    name: "mysql_command_name",
    family: Family::Protocols,
    doc: "Returns the name of a MySQL command by its number in `mysql_events`, or the number.",
    example: Example {
        args: &[Datum::Int(3)],
        result: Datum::Text("Query"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["command"], &scalar1::<Int, Str, _>(name))]),
};

const NAMES: &[(i64, &str)] = &[
    (0, "Sleep"),
    (1, "Quit"),
    (2, "InitDB"),
    (3, "Query"),
    (4, "FieldList"),
    (5, "CreateDB"),
    (6, "DropDB"),
    (7, "Refresh"),
    (8, "Shutdown"),
    (9, "Statistics"),
    (10, "ProcessInfo"),
    (11, "Connect"),
    (12, "ProcessKill"),
    (13, "Debug"),
    (14, "Ping"),
    (15, "Time"),
    (16, "DelayedInsert"),
    (17, "ChangeUser"),
    (18, "BinlogDump"),
    (19, "TableDump"),
    (20, "ConnectOut"),
    (21, "RegisterSlave"),
    (22, "StmtPrepare"),
    (23, "StmtExecute"),
    (24, "StmtSendLongData"),
    (25, "StmtClose"),
    (26, "StmtReset"),
    (27, "SetOption"),
    (28, "StmtFetch"),
    (29, "Daemon"),
    (30, "BinlogDumpGTID"),
    (31, "ResetConnection"),
];

fn name(code: i64) -> String {
    name_or_number(NAMES, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(name(3), "Query");
        assert_eq!(name(23), "StmtExecute");
        assert_eq!(name(31), "ResetConnection");
        assert_eq!(name(9999), "9999");
        assert_eq!(name(1 << 32 | 3), "Query");
    }
}
