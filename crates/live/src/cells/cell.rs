//! One value of a batch, in whatever form it is stored, and its plain text forms.

use crate::cells::format;
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Float64Type, Int64Type, TimestampNanosecondType, UInt32Type};
use nixie_types::{SemanticType, Upid};
use std::fmt::Write;

/// One value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// True or false.
    Boolean(bool),
    /// A whole number.
    Int64(i64),
    /// An identity of any kind.
    UInt128(u128),
    /// The identity of a process.
    Upid(u128),
    /// A number.
    Float64(f64),
    /// Text.
    Text(&'a str),
    /// Nanoseconds since the Unix epoch.
    Time(i64),
    /// No value, or one of a type that tables do not have.
    Nothing,
}

impl<'a> Cell<'a> {
    /// Returns the value in a row of a column.
    #[must_use]
    pub fn of(column: &'a ArrayRef, row: usize) -> Self {
        if column.is_null(row) {
            return Self::Nothing;
        }
        match column.data_type() {
            DataType::Boolean => Self::Boolean(column.as_boolean().value(row)),
            DataType::Int64 => Self::Int64(column.as_primitive::<Int64Type>().value(row)),
            DataType::Float64 => Self::Float64(column.as_primitive::<Float64Type>().value(row)),
            DataType::Utf8 => Self::Text(column.as_string::<i32>().value(row)),
            DataType::Utf8View => Self::Text(column.as_string_view().value(row)),
            DataType::Timestamp(..) => {
                let times = column.as_primitive_opt::<TimestampNanosecondType>();
                times.map_or(Self::Nothing, |times| Self::Time(times.value(row)))
            }
            DataType::FixedSizeBinary(_) => {
                let bytes = column.as_fixed_size_binary().value(row).try_into();
                bytes.map_or(Self::Nothing, |bytes| {
                    Self::UInt128(u128::from_be_bytes(bytes))
                })
            }
            DataType::Dictionary(..) => Self::of_dictionary(column, row),
            _ => Self::Nothing,
        }
    }

    fn of_dictionary(column: &'a ArrayRef, row: usize) -> Self {
        let Some(dictionary) = column.as_dictionary_opt::<UInt32Type>() else {
            return Self::Nothing;
        };
        let key = dictionary.keys().value(row) as usize;
        let values = dictionary.values().as_string_opt::<i32>();
        values.map_or(Self::Nothing, |values| Self::Text(values.value(key)))
    }

    /// Returns the value as what the meaning of its column says that it is.
    #[must_use]
    pub const fn meaning(self, meaning: SemanticType) -> Self {
        match (self, meaning) {
            (Self::UInt128(value), SemanticType::Upid) => Self::Upid(value),
            (cell, _) => cell,
        }
    }

    /// Appends the value as JSON. Times are integers, identities text, and numbers that JSON
    /// does not have are null.
    pub fn write_json(self, text: &mut String) {
        match self {
            Self::Text(value) => write_json_text(text, value),
            Self::UInt128(_) | Self::Upid(_) => {
                text.push('"');
                self.write_plain(text);
                text.push('"');
            }
            Self::Float64(value) => *text += &serde_json::Value::from(value).to_string(),
            Self::Nothing => *text += "null",
            Self::Boolean(_) | Self::Int64(_) | Self::Time(_) => self.write_plain(text),
        }
    }

    /// Appends the value as a CSV field.
    pub fn write_csv(self, text: &mut String) {
        match self {
            Self::Text(value) if value.contains(['"', ',', '\n', '\r']) => {
                text.push('"');
                *text += &value.replace('"', "\"\"");
                text.push('"');
            }
            _ => self.write_plain(text),
        }
    }

    /// Returns the value as a number, if it is one.
    #[must_use]
    pub const fn number(self) -> Option<f64> {
        match self {
            Self::Int64(value) | Self::Time(value) => Some(value as f64),
            Self::Float64(value) => Some(value),
            _ => None,
        }
    }

    fn write_plain(self, text: &mut String) {
        let written = match self {
            Self::Boolean(value) => write!(text, "{value}"),
            Self::Int64(value) | Self::Time(value) => write!(text, "{value}"),
            Self::UInt128(value) => text.write_str(&format::uuid(value)),
            Self::Upid(value) => write!(text, "{}", Upid::from_u128(value)),
            Self::Float64(value) => write!(text, "{value}"),
            Self::Text(value) => text.write_str(value),
            Self::Nothing => Ok(()),
        };
        // Writing to a string cannot fail.
        written.unwrap_or_default();
    }
}

/// Appends text as JSON. JSON asks for escapes of the first control characters only; terminals
/// obey the others as well.
fn write_json_text(text: &mut String, value: &str) {
    let json = serde_json::Value::from(value).to_string();
    let is_obeyed = |char: char| matches!(char, '\u{7f}'..='\u{9f}');
    if !json.contains(is_obeyed) {
        *text += &json;
        return;
    }
    for char in json.chars() {
        if is_obeyed(char) {
            // Writing to a string cannot fail.
            write!(text, "\\u{:04x}", u32::from(char)).unwrap_or_default();
        } else {
            text.push(char);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{DictionaryArray, Float64Array, StringViewArray, UInt64Array};
    use std::sync::Arc;

    fn json(cell: Cell<'_>) -> String {
        let mut text = String::new();
        cell.write_json(&mut text);
        text
    }

    fn csv(cell: Cell<'_>) -> String {
        let mut text = String::new();
        cell.write_csv(&mut text);
        text
    }

    #[test]
    fn json_keeps_types() {
        let upid = Upid {
            asid: 1,
            pid: 2,
            start_ticks: 3,
        }
        .to_u128();
        for (cell, expected) in [
            (Cell::Boolean(true), "true"),
            (Cell::Int64(-5), "-5"),
            (Cell::Time(7), "7"),
            (Cell::Float64(0.5), "0.5"),
            (Cell::Float64(f64::NAN), "null"),
            (Cell::Upid(upid), "\"1:2:3\""),
            (
                Cell::UInt128(upid),
                "\"00000001-0000-0002-0000-000000000003\"",
            ),
            (Cell::Text("a\"\n\u{1b}"), "\"a\\\"\\n\\u001b\""),
            (Cell::Text("\u{7f}é\u{9b}2J"), "\"\\u007fé\\u009b2J\""),
            (Cell::Nothing, "null"),
        ] {
            assert_eq!(json(cell), expected);
        }
    }

    #[test]
    fn csv_quotes_only_what_needs_it() {
        assert_eq!(csv(Cell::Text("plain text")), "plain text");
        assert_eq!(csv(Cell::Text("a,\"b\"\n")), "\"a,\"\"b\"\"\n\"");
        assert_eq!(csv(Cell::Int64(3)), "3");
    }

    #[test]
    fn values_are_read_from_every_form_of_storage() {
        let dictionary: DictionaryArray<UInt32Type> = ["x", "y", "x"].into_iter().collect();
        let columns: [ArrayRef; 4] = [
            Arc::new(dictionary),
            Arc::new(StringViewArray::from(vec!["x", "y", "x"])),
            Arc::new(Float64Array::from(vec![Some(1.0), None, Some(2.0)])),
            Arc::new(UInt64Array::from(vec![1, 2, 3])),
        ];
        let cells = |row| {
            columns
                .iter()
                .map(|column| Cell::of(column, row))
                .collect::<Vec<_>>()
        };
        let text = Cell::Text;
        assert_eq!(
            cells(1),
            [text("y"), text("y"), Cell::Nothing, Cell::Nothing]
        );
        assert_eq!(
            cells(2),
            [text("x"), text("x"), Cell::Float64(2.0), Cell::Nothing]
        );
    }
}
