//! Rows, as `px` prints them in JSON.

use serde_json::Value;

/// A row of a table.
#[derive(Clone, Debug)]
pub struct Row(Value);

impl Row {
    /// Returns a number.
    ///
    /// # Panics
    ///
    /// When there is no such column, or it holds no integer.
    #[must_use]
    pub fn number(&self, column: &str) -> i64 {
        self.value(column)
            .as_i64()
            .unwrap_or_else(|| panic!("`{column}` is no integer: {self:?}"))
    }

    /// Returns a number that may have a fraction.
    ///
    /// # Panics
    ///
    /// When there is no such column, or it holds no number.
    #[must_use]
    pub fn float(&self, column: &str) -> f64 {
        self.value(column)
            .as_f64()
            .unwrap_or_else(|| panic!("`{column}` is no number: {self:?}"))
    }

    /// Returns a text.
    ///
    /// # Panics
    ///
    /// When there is no such column, or it holds no text.
    #[must_use]
    pub fn text(&self, column: &str) -> &str {
        self.value(column)
            .as_str()
            .unwrap_or_else(|| panic!("`{column}` is no text: {self:?}"))
    }

    fn value(&self, column: &str) -> &Value {
        self.0
            .get(column)
            .unwrap_or_else(|| panic!("no column `{column}`: {self:?}"))
    }
}

/// Reads JSON lines; `key` holds the name of the table, and only rows of one table are returned.
///
/// # Panics
///
/// When a line is no JSON object with that key.
#[must_use]
pub fn rows_of(table: &str, key: &str, lines: &str) -> Vec<Row> {
    let parse = |line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"));
    let rows = lines.lines().map(|line| Row(parse(line)));
    rows.filter(|row| row.text(key) == table).collect()
}
