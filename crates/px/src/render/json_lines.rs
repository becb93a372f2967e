//! Writes rows as JSON lines while they are collected.

use crate::failure::Failure;
use crate::render::Completion;
use arrow::array::RecordBatch;
use nixie_api::{Completeness, Lost, TableHeader};
use nixie_live::cells::Cell;
use nixie_types::{Loss, SemanticType, Sink, Status, TableSpec};
use serde::Serialize;
use std::io::{self, BufWriter, Write};
use std::sync::{Mutex, PoisonError};

/// Returns an object as a line of JSON.
pub(crate) fn json_line(object: &impl Serialize) -> Result<String, Failure> {
    let text = serde_json::to_string(object).map_err(|error| Failure::of(&error))?;
    Ok(text + "\n")
}

/// A sink that writes each row as one JSON object with its `table`.
pub(crate) struct JsonLines {
    state: Mutex<State>,
}

struct State {
    output: BufWriter<Box<dyn Write + Send>>,
    /// The first error of the output; rows are not written after it.
    error: Option<io::Error>,
    lost: Vec<Lost>,
}

impl JsonLines {
    pub(crate) fn new(output: Box<dyn Write + Send>) -> Self {
        let output = BufWriter::new(output);
        Self {
            state: Mutex::new(State {
                output,
                error: None,
                lost: Vec::new(),
            }),
        }
    }

    /// Writes what has not been written, and returns the first error that there was.
    pub(crate) fn finish(&self) -> io::Result<()> {
        let mut state = self.state();
        if let Some(error) = state.error.take() {
            return Err(error);
        }
        state.output.flush()
    }

    /// Returns what was lost, as a line of text.
    pub(crate) fn losses(&self) -> Option<String> {
        let lost = self.state().lost.clone();
        let completeness = Completeness {
            lost,
            evicted_until_ns: None,
            cut_at_rows: None,
        };
        (!completeness.is_complete()).then(|| Completion(&completeness).to_string())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for JsonLines {
    fn append(&self, table: &'static TableSpec, batch: RecordBatch) {
        let mut lines = String::new();
        let columns = table.columns.iter();
        let meanings: Vec<_> = columns.map(|column| column.semantic_type).collect();
        for row in 0..batch.num_rows() {
            lines += &object("table", table.name, &batch, &meanings, row);
        }
        let mut state = self.state();
        if state.error.is_some() {
            return;
        }
        // Whoever reads along sees rows when they are collected.
        let written = state
            .output
            .write_all(lines.as_bytes())
            .and_then(|()| state.output.flush());
        state.error = written.err();
    }

    fn lost(&self, loss: &Loss) {
        let mut state = self.state();
        match state
            .lost
            .iter_mut()
            .find(|lost| lost.reason == loss.reason)
        {
            Some(lost) => {
                lost.count += loss.events;
                lost.bytes += loss.bytes;
            }
            None => {
                let (reason, count, bytes) = (loss.reason.to_owned(), loss.events, loss.bytes);
                state.lost.push(Lost {
                    reason,
                    count,
                    bytes,
                });
            }
        }
    }

    /// Nothing is kept here that would be worth a report.
    fn status(&self, _report: &mut dyn FnMut(Status)) {}
}

/// Returns the meanings of the columns of a table.
pub(crate) fn meanings(header: &TableHeader) -> Vec<SemanticType> {
    let columns = header.columns.iter();
    let meaning = |name: &str| SemanticType::from_name(name).unwrap_or_default();
    columns
        .map(|column| meaning(&column.semantic_type))
        .collect()
}

/// Returns the rows of a table as JSON objects, one a line; `meanings` are those of the columns.
pub(crate) fn json_lines(table: &str, batch: &RecordBatch, meanings: &[SemanticType]) -> String {
    (0..batch.num_rows())
        .map(|row| object("_tableName_", table, batch, meanings, row))
        .collect()
}

/// Returns a row as a JSON object and a line end; `key` holds the name of the table.
fn object(
    key: &str,
    table: &str,
    batch: &RecordBatch,
    meanings: &[SemanticType],
    row: usize,
) -> String {
    let mut line = String::from("{");
    line += &serde_json::Value::from(key).to_string();
    line.push(':');
    line += &serde_json::Value::from(table).to_string();
    let schema = batch.schema_ref();
    for (index, (field, column)) in schema.fields().iter().zip(batch.columns()).enumerate() {
        line.push(',');
        line += &serde_json::Value::from(field.name().as_str()).to_string();
        line.push(':');
        let meaning = meanings.get(index).copied().unwrap_or_default();
        Cell::of(column, row).meaning(meaning).write_json(&mut line);
    }
    line += "}\n";
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_types::{ColumnSpec, DataType, Rows, Upid};
    use std::sync::Arc;

    static SPEC: TableSpec = TableSpec {
        name: "things",
        description: "Test rows.",
        columns: &[
            ColumnSpec::new("time_", DataType::Time64Ns, "When."),
            ColumnSpec::new("upid", DataType::UInt128, "Who.").semantic(SemanticType::Upid),
            ColumnSpec::new("kind", DataType::String, "What.").dictionary(),
        ],
    };

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_row_is_an_object_with_its_table() {
        let written = Shared::default();
        let lines = JsonLines::new(Box::new(written.clone()));
        let mut rows = Rows::new(&SPEC);
        let upid = Upid {
            asid: 0,
            pid: 42,
            start_ticks: 7,
        };
        rows.row().time(5).upid(upid).string("a \"b\"").end();
        lines.append(&SPEC, rows.take().unwrap());
        lines.finish().unwrap();
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        let expected = r#"{"table":"things","time_":5,"upid":"0:42:7","kind":"a \"b\""}"#;
        assert_eq!(text, format!("{expected}\n"));
    }

    #[test]
    fn losses_are_added_up_by_reason() {
        let lines = JsonLines::new(Box::new(io::sink()));
        assert_eq!(lines.losses(), None);
        for (reason, events) in [
            ("ring buffer full", 1),
            ("late", 2),
            ("ring buffer full", 3),
        ] {
            let loss = Loss {
                table: None,
                start_ns: 0,
                end_ns: 0,
                reason,
                events,
                bytes: 0,
            };
            lines.lost(&loss);
        }
        let text = lines.losses().unwrap();
        assert_eq!(
            text,
            "incomplete: 4 events lost: ring buffer full; 2 events lost: late"
        );
    }
}
