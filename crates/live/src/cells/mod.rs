//! Values as people read them: text by their meaning, and a colour.
//!
//! `px run` prints tables of them, and `px live` draws them.

mod cell;
pub mod format;

pub use cell::Cell;

use nixie_api::TableColumn;
use nixie_types::{SemanticType, Upid};
use std::borrow::Cow;

/// A value as text, and its colour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Styled {
    /// One line that a terminal does not obey.
    pub text: String,
    /// How good or bad it is.
    pub color: Color,
}

/// How good or bad a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Color {
    /// Nothing is known.
    Plain,
    /// Good.
    Green,
    /// So so.
    Yellow,
    /// Bad.
    Red,
}

/// What is known of the values of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name, on one line that a terminal does not obey.
    pub name: String,
    /// Meaning.
    pub semantic_type: SemanticType,
    /// Numbers are aligned to the right.
    pub right: bool,
}

impl Column {
    /// Returns what an agent tells of a column.
    #[must_use]
    pub fn of(column: &TableColumn) -> Self {
        Self {
            name: visible(&column.name),
            semantic_type: SemanticType::from_name(&column.semantic_type).unwrap_or_default(),
            right: matches!(column.data_type.as_str(), "INT64" | "FLOAT64"),
        }
    }

    /// Returns a value of the column by its meaning.
    #[must_use]
    pub fn styled(&self, cell: Cell<'_>) -> Styled {
        let cell = cell.meaning(self.semantic_type);
        let text = match (self.semantic_type, cell) {
            (SemanticType::Quantiles, Cell::Text(text)) => Some(format::quantiles(text, false)),
            (SemanticType::DurationNsQuantiles, Cell::Text(text)) => {
                Some(format::quantiles(text, true))
            }
            (SemanticType::ScriptReference, Cell::Text(text)) => {
                Some(format::script_reference(text))
            }
            (_, Cell::Boolean(alerting)) if is_alert(&self.name) => Some(if alerting {
                "ALERT".to_owned()
            } else {
                String::new()
            }),
            (_, cell) => measure(cell).and_then(|value| self.quantity(value)),
        };
        Styled {
            text: visible(&text.unwrap_or_else(|| plain(cell))),
            color: self.color(cell),
        }
    }

    /// Returns a number by its meaning, with its unit.
    #[must_use]
    pub fn number(&self, value: f64) -> String {
        self.quantity(value).unwrap_or_else(|| format::float(value))
    }

    /// Returns a number with its unit, if its meaning has one.
    fn quantity(&self, value: f64) -> Option<String> {
        match self.semantic_type {
            SemanticType::Bytes => Some(format::bytes(value)),
            SemanticType::DurationNs => Some(format::duration(value)),
            SemanticType::ThroughputPerNs => Some(format::throughput(value)),
            SemanticType::ThroughputBytesPerNs => Some(format::throughput_bytes(value)),
            SemanticType::Percent => Some(format::percent(value)),
            _ => None,
        }
    }

    fn color(&self, cell: Cell<'_>) -> Color {
        let name = self.name.to_lowercase();
        let by_limits = |value: f64, yellow: f64, red: f64| match value {
            value if value > red => Color::Red,
            value if value > yellow => Color::Yellow,
            _ => Color::Green,
        };
        match (self.semantic_type, cell) {
            (_, Cell::Boolean(value)) => match (is_alert(&name), value) {
                (true, false) => Color::Plain,
                (true, true) | (false, false) => Color::Red,
                (false, true) => Color::Green,
            },
            (SemanticType::HttpRespStatus, Cell::Int64(200..=299)) => Color::Green,
            (SemanticType::HttpRespStatus, Cell::Int64(400..)) => Color::Red,
            (SemanticType::Percent, cell) if name.starts_with("cpu") => {
                measure(cell).map_or(Color::Plain, |share| by_limits(share * 100.0, 70.0, 80.0))
            }
            (SemanticType::DurationNs, cell) if name.starts_with("latency") => {
                measure(cell).map_or(Color::Plain, |ns| by_limits(ns, 200e6, 400e6))
            }
            _ => Color::Plain,
        }
    }
}

/// Returns text on one line that a terminal does not obey.
#[must_use]
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    shown
}

/// Returns text in lines that a terminal does not obey.
#[must_use]
pub fn harmless(text: &str) -> Cow<'_, str> {
    // Marks that change the direction of text make it look like other text.
    let is_obeyed = |char: char| match char {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        char => char.is_control(),
    };
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for char in text.chars() {
        if is_obeyed(char) {
            shown.extend(char.escape_default());
        } else {
            shown.push(char);
        }
    }
    Cow::Owned(shown)
}

fn plain(cell: Cell<'_>) -> String {
    match cell {
        Cell::Boolean(value) => value.to_string(),
        Cell::Int64(value) => value.to_string(),
        Cell::UInt128(value) => format::uuid(value),
        Cell::Upid(value) => Upid::from_u128(value).to_string(),
        Cell::Float64(value) => format::float(value),
        Cell::Text(value) => value.to_owned(),
        Cell::Time(value) => format::time(value),
        Cell::Nothing => String::new(),
    }
}

fn is_alert(name: &str) -> bool {
    name == "alert" || name.starts_with("alert_")
}

/// Returns a number that may have a unit; a point in time has none.
fn measure(cell: Cell<'_>) -> Option<f64> {
    match cell {
        Cell::Time(_) => None,
        cell => cell.number(),
    }
}
