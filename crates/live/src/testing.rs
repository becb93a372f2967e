//! What tests of this crate share: keys, tables, and screens as text.

use crate::data::Table;
use arrow::array::{
    ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray, TimestampNanosecondArray,
};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nixie_api::{TableColumn, TableHeader};
use ratatui::buffer::Buffer;
use std::sync::Arc;

/// Returns a key.
pub(crate) fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Returns a key with Ctrl.
pub(crate) fn control(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

/// Returns the lines of a screen.
pub(crate) fn lines(buffer: &Buffer) -> Vec<String> {
    let area = buffer.area();
    let line = |y| {
        let cells = (area.left()..area.right()).map(|x| buffer[(x, y)].symbol());
        cells.collect::<String>().trim_end().to_owned()
    };
    (area.top()..area.bottom()).map(line).collect()
}

/// Values of a column of a test table.
pub(crate) enum Values<'a> {
    Times(&'a [i64]),
    Numbers(&'a [i64]),
    Floats(&'a [f64]),
    Texts(&'a [&'a str]),
}

/// Returns header and rows of a table; columns are name, semantic type and values.
pub(crate) fn rows(name: &str, columns: &[(&str, &str, Values<'_>)]) -> (TableHeader, RecordBatch) {
    let mut header = TableHeader {
        name: name.to_owned(),
        columns: Vec::new(),
        streaming: false,
    };
    let mut arrays = Vec::new();
    for (column, semantic_type, values) in columns {
        let (data_type, array): (&str, ArrayRef) = match values {
            Values::Times(values) => (
                "TIME64NS",
                Arc::new(TimestampNanosecondArray::from(values.to_vec())),
            ),
            Values::Numbers(values) => ("INT64", Arc::new(Int64Array::from(values.to_vec()))),
            Values::Floats(values) => ("FLOAT64", Arc::new(Float64Array::from(values.to_vec()))),
            Values::Texts(values) => ("STRING", Arc::new(StringArray::from(values.to_vec()))),
        };
        header.columns.push(TableColumn {
            name: (*column).to_owned(),
            data_type: data_type.to_owned(),
            semantic_type: (*semantic_type).to_owned(),
        });
        arrays.push((*column, array));
    }
    (header, RecordBatch::try_from_iter(arrays).unwrap())
}

/// Returns a table.
pub(crate) fn table(columns: &[(&str, &str, Values<'_>)]) -> Table {
    let (header, batch) = rows("out", columns);
    let mut table = Table::new(&header);
    table.add(batch);
    table
}
