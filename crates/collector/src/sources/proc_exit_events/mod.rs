//! `proc_exit_events`: every process in scope that has ended, normally or not.
//!
//! From the kernel's exit event of the last thread; the code is split as wait(2) does.

use crate::abi::Exit;
use crate::sources::{TIME, UPID};
use nixie_types::{ColumnSpec, DataType, Rows, TableSpec, Upid};

/// See the module.
pub(crate) static TABLE: TableSpec = TableSpec {
    name: "proc_exit_events",
    description: "Processes that have ended.",
    columns: &[
        TIME,
        UPID,
        ColumnSpec::new("exit_code", DataType::Int64, "Exit status, 0 when ended by a signal."),
        ColumnSpec::new("signal", DataType::Int64, "Signal that ended it, 0 for none."),
        ColumnSpec::new("comm", DataType::String, "Command name.").dictionary(),
    ],
};

/// Appends the row of one exit.
pub(crate) fn append(upid: Upid, exit: &Exit, time_ns: i64, rows: &mut Rows) {
    rows.row()
        .time(time_ns)
        .upid(upid)
        .int64(i64::from(exit.code >> 8 & 0xff))
        .int64(i64::from(exit.code & 0x7f))
        .string(&exit.comm)
        .end();
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::AsArray;
    use arrow::datatypes::Int64Type;

    #[test]
    fn status_and_signal_are_told_apart() {
        let mut rows = Rows::new(&TABLE);
        for code in [3 << 8, 9, 11 | 0x80] {
            let exit = Exit { start_boottime_ns: 0, code, comm: "sh".to_owned() };
            append(Upid::default(), &exit, 1, &mut rows);
        }
        let batch = rows.take().expect("three rows");
        let column = |at: usize| batch.column(at).as_primitive::<Int64Type>().values().to_vec();
        assert_eq!(column(2), [3, 0, 0]);
        assert_eq!(column(3), [0, 9, 11]);
    }
}
