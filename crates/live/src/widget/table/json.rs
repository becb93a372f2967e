//! A row as JSON for people: pretty, and with text that is JSON itself laid open.

use crate::cells::{Cell, format};
use crate::data::Table;
use serde_json::Value;

/// LIMIT: bytes of JSON that are shown of one row or value.
const JSON_BYTES_MAX: usize = 256 * 1024;

const INDENT: &str = "  ";

/// Returns a row as a JSON object, its columns in order.
pub(super) fn row(table: &Table, row: usize) -> String {
    let columns = table.columns.iter().enumerate();
    let fields: Vec<String> = columns
        .map(|(index, column)| {
            let name = Value::from(column.name.as_str());
            let value = value(table.cell(row, index)).replace('\n', &format!("\n{INDENT}"));
            format!("{INDENT}{name}: {value}")
        })
        .collect();
    limited(format!("{{\n{}\n}}", fields.join(",\n")))
}

/// Returns one value as JSON.
pub(super) fn cell(table: &Table, row: usize, column: usize) -> String {
    limited(value(table.cell(row, column)))
}

fn value(cell: Cell<'_>) -> String {
    let text = match cell {
        Cell::Time(ns) => return Value::from(format::time(ns)).to_string(),
        Cell::Text(text) => text,
        cell => {
            let mut text = String::new();
            cell.write_json(&mut text);
            return text;
        }
    };
    let parsed = serde_json::from_str::<Value>(text).ok();
    let opened = parsed.filter(|value| value.is_object() || value.is_array());
    let opened = opened.and_then(|value| serde_json::to_string_pretty(&value).ok());
    opened.unwrap_or_else(|| Value::from(text).to_string())
}

fn limited(mut text: String) -> String {
    if text.len() > JSON_BYTES_MAX {
        let bytes = text.len();
        text.truncate(text.floor_char_boundary(JSON_BYTES_MAX));
        text.push_str(&format!(
            "\n… cut: {JSON_BYTES_MAX} of {bytes} bytes are shown"
        ));
    }
    text
}
