//! Columns, and how a record becomes a row.

use super::stitch::Record;
use crate::conn::{self, LATENCY};
use crate::text;
use nixie_types::{ColumnSpec, ConnInfo, DataType, Role, Rows, TableSpec};

/// One row a question.
pub static TEMPLATE_EVENTS: TableSpec = TableSpec {
    name: "template_events",
    description: "Questions with their answers.",
    columns: &conn::columns::<3, 11>([
        ColumnSpec::new("req", DataType::String, "Question."),
        ColumnSpec::new("resp", DataType::String, "Answer."),
        LATENCY,
    ]),
};

pub(super) fn append(record: &Record, conn: &ConnInfo, role: Role, rows: &mut Rows) {
    conn::begin(rows, record.answer_ns, conn, role)
        .string(&text::lossy(&record.question, false))
        .string(&text::lossy(&record.answer, false))
        .int64((record.answer_ns - record.question_ns).max(0))
        .end();
}
