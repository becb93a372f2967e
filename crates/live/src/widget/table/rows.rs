//! Which rows are shown, and in which order.

use super::super::Step;
use crate::cells::Cell;
use crate::data::Table;
use nixie_types::SemanticType;
use regex::Regex;
use std::cmp::Ordering;

/// What rows are sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sort {
    /// Name of the column, which may come and go with refreshes.
    pub(super) column: String,
    pub(super) descending: bool,
}

/// Returns the next order of a column: ascending, descending, as rows come.
pub(super) fn next_sort(sort: Option<&Sort>, column: &str) -> Option<Sort> {
    let column = column.to_owned();
    match sort.filter(|sort| sort.column == column) {
        None => Some(Sort {
            column,
            descending: false,
        }),
        Some(sort) if !sort.descending => Some(Sort {
            column,
            descending: true,
        }),
        Some(_) => None,
    }
}

/// Returns the rows in which a pattern is found, sorted.
pub(super) fn order(table: &Table, sort: Option<&Sort>, filter: Option<&Regex>) -> Vec<usize> {
    let found = |row: &usize| filter.is_none_or(|pattern| is_found(table, *row, pattern));
    let mut rows: Vec<usize> = (0..table.rows()).filter(found).collect();
    let by = sort.and_then(|sort| Some((table.column(&sort.column)?, sort.descending)));
    if let Some((column, descending)) = by {
        let keys: Vec<Key<'_>> = (0..table.rows())
            .map(|row| key(table, row, column))
            .collect();
        rows.sort_by(|&a, &b| compare(&keys[a], &keys[b], descending));
    }
    rows
}

/// Returns true if a pattern is found in any value of a row, as it is shown.
pub(super) fn is_found(table: &Table, row: usize, pattern: &Regex) -> bool {
    (0..table.columns.len()).any(|column| pattern.is_match(&table.text(row, column)))
}

/// Returns the places of a list in the order in which they are searched: once around.
pub(in crate::widget) fn places(
    at: usize,
    length: usize,
    step: Step,
) -> Box<dyn Iterator<Item = usize>> {
    let around = move |offset: usize| (at + offset) % length;
    match step {
        _ if length == 0 => Box::new(std::iter::empty()),
        Step::Here => Box::new((0..length).map(around)),
        Step::Next => Box::new((1..=length).map(around)),
        Step::Previous => Box::new((1..=length).map(move |offset| around(length - offset))),
    }
}

/// What a value is sorted by.
enum Key<'a> {
    Number(f64),
    Text(&'a str),
    Large(u128),
    Nothing,
}

fn key(table: &Table, row: usize, column: usize) -> Key<'_> {
    let meaning = table.columns[column].semantic_type;
    match table.cell(row, column) {
        Cell::Text(text) if is_quantiles(meaning) => p99(text).map_or(Key::Text(text), Key::Number),
        Cell::Text(text) => Key::Text(text),
        Cell::Boolean(value) => Key::Number(f64::from(u8::from(value))),
        Cell::UInt128(value) | Cell::Upid(value) => Key::Large(value),
        cell => cell.number().map_or(Key::Nothing, Key::Number),
    }
}

const fn is_quantiles(meaning: SemanticType) -> bool {
    matches!(
        meaning,
        SemanticType::Quantiles | SemanticType::DurationNsQuantiles
    )
}

fn p99(text: &str) -> Option<f64> {
    let quantiles: serde_json::Value = serde_json::from_str(text).ok()?;
    quantiles.get("p99")?.as_f64()
}

/// What has no value comes last in both directions.
fn compare(a: &Key<'_>, b: &Key<'_>, descending: bool) -> Ordering {
    let ordering = match (a, b) {
        (Key::Nothing, Key::Nothing) => return Ordering::Equal,
        (Key::Nothing, _) => return Ordering::Greater,
        (_, Key::Nothing) => return Ordering::Less,
        (Key::Number(a), Key::Number(b)) => a.total_cmp(b),
        (Key::Text(a), Key::Text(b)) => a.cmp(b),
        (Key::Large(a), Key::Large(b)) => a.cmp(b),
        // A column has values of one type; quantiles that are none are text.
        (Key::Number(_), _) => Ordering::Less,
        (_, Key::Number(_)) => Ordering::Greater,
        (Key::Text(_), Key::Large(_)) => Ordering::Less,
        (Key::Large(_), Key::Text(_)) => Ordering::Greater,
    };
    if descending {
        ordering.reverse()
    } else {
        ordering
    }
}
