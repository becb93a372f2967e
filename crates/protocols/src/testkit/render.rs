//! Outcomes as text, for expected results and for comparing.

use super::wire::{Outcome, START_NS};
use crate::Verdict;
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Int64Type, TimestampNanosecondType, UInt32Type};
use std::fmt::Write as _;

/// Columns that every test shares, left out of the text.
const SAME_EVERYWHERE: &[&str] = &[
    "upid",
    "remote_addr",
    "remote_port",
    "local_addr",
    "local_port",
    "encrypted",
];

/// Columns that hold times.
const TIMES: &[&str] = &["time_", "latency"];

/// A row: the table's name, then column names and values.
pub type RowText = Vec<(String, String)>;

/// Takes the rows out as text, without times unless asked for.
///
/// # Panics
///
/// When a batch does not have the schema of its table.
pub fn rows(outcome: &mut Outcome, times: bool) -> Vec<RowText> {
    let mut out = Vec::new();
    for table in outcome.rows.iter_mut() {
        let spec = table.spec();
        let Some(batch) = table.take() else { continue };
        assert_eq!(
            batch.schema(),
            spec.storage_schema(),
            "schema of `{}`",
            spec.name
        );
        out.extend((0..batch.num_rows()).map(|row| row_text(&batch, row, times)));
    }
    out
}

fn row_text(batch: &RecordBatch, row: usize, times: bool) -> RowText {
    let schema = batch.schema();
    let names = schema.fields().iter().map(|field| field.name().as_str());
    names
        .zip(batch.columns())
        .filter(|(name, _)| !SAME_EVERYWHERE.contains(name) && (times || !TIMES.contains(name)))
        .map(|(name, column)| (name.to_owned(), value_text(column, row)))
        .collect()
}

fn value_text(column: &ArrayRef, row: usize) -> String {
    match column.data_type() {
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Timestamp(..) => {
            let time_ns = column.as_primitive::<TimestampNanosecondType>().value(row);
            format!("+{}ns", time_ns - START_NS)
        }
        DataType::Utf8 => quoted(column.as_string::<i32>().value(row)),
        DataType::Dictionary(..) => {
            let dictionary = column.as_dictionary::<UInt32Type>();
            let key = dictionary.keys().value(row) as usize;
            quoted(dictionary.values().as_string::<i32>().value(key))
        }
        other => panic!("no text for a value of type {other}"),
    }
}

/// Long runs are shown by their length, so that expected results stay readable.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    let mut chars = text.chars().peekable();
    while let Some(first) = chars.next() {
        let mut count = 1usize;
        while chars.next_if_eq(&first).is_some() {
            count += 1;
        }
        let shown: String = first.escape_debug().filter(|_| true).collect();
        let shown = if matches!(first, '\'') {
            "'".to_owned()
        } else {
            shown
        };
        if count > 20 {
            let _written = write!(out, "{shown}\u{d7}{count} ");
        } else {
            out.push_str(&shown.repeat(count));
        }
    }
    out.push('"');
    out
}

/// Returns everything that a conversation gave, as text.
pub fn outcome(outcome: &mut Outcome) -> String {
    let mut out = String::new();
    for row in rows(outcome, true) {
        out.push_str("row\n");
        for (name, value) in row {
            let _written = writeln!(out, "  {name}: {value}");
        }
    }
    let verdict = match outcome.verdict {
        Verdict::GivenUp(reason) => format!("given up: {reason}"),
        Verdict::Trace => "trace".to_owned(),
        Verdict::Undecided => "undecided".to_owned(),
    };
    let _written = writeln!(out, "verdict: {verdict}\nrole: {:?}", outcome.role);
    for (name, _, value) in outcome.counters.iter().filter(|(.., value)| *value > 0) {
        let _written = writeln!(out, "{name}: {value}");
    }
    out
}
