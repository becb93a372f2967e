//! Bars that lie, because text does: values by label, with parts and groups; and shares of a pie.

use super::lines::{LABEL_CHARS_MAX, Made};
use super::{column, optional_column};
use crate::cells::format;
use crate::data::Table;
use crate::palette::{Palette, fit, width};
use nixie_pxl::vis::Settings;
use ratatui::text::{Line, Span};
use std::collections::BTreeMap;

/// LIMIT: parts of bars with a name of their own; the others are one part, `other`.
const PARTS_MAX: usize = 12;

/// What parts are drawn with, so that they differ without colours.
const FILLS: [&str; 4] = ["█", "▓", "▒", "░"];

/// Columns for a value beside its bar.
const VALUE_COLUMNS: usize = 16;

/// A bar.
#[derive(Clone, Debug, Default)]
pub(super) struct Bar {
    /// Heading above it and those that stand with it; may be empty.
    pub(super) group: String,
    pub(super) label: String,
    /// Sizes by number of the part.
    pub(super) parts: BTreeMap<usize, f64>,
}

impl Bar {
    /// Returns a bar of one part.
    pub(super) fn plain(label: String, value: f64) -> Self {
        Self {
            group: String::new(),
            label,
            parts: BTreeMap::from([(0, value)]),
        }
    }

    fn value(&self) -> f64 {
        self.parts.values().sum()
    }

    /// Returns the part of it that is drawn.
    fn drawn(&self) -> f64 {
        self.parts.values().map(|size| size.max(0.0)).sum()
    }
}

/// Draws a bar chart.
pub(super) fn bars(settings: &Settings, table: &Table, columns: usize, palette: Palette) -> Made {
    let bar = settings.group("bar");
    let bar = bar.ok_or("the vis specification sets no `bar`")?;
    let (value, label) = (column(table, bar, "value")?, column(table, bar, "label")?);
    let stack = optional_column(table, bar, "stackBy")?;
    let group = optional_column(table, bar, "groupBy")?;
    let text = |row, at: Option<usize>| at.map_or_else(String::new, |at| table.text(row, at));
    let mut found: Vec<Bar> = Vec::new();
    let (mut places, mut parts, mut groups) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    for row in 0..table.rows() {
        let size = table.cell(row, value).number();
        let Some(size) = size.filter(|size| size.is_finite()) else {
            continue;
        };
        let (group, label) = (text(row, group), table.text(row, label));
        let number = groups.len();
        groups.entry(group.clone()).or_insert(number);
        let number = parts.len().min(PARTS_MAX);
        let part = *parts.entry(text(row, stack)).or_insert(number);
        let place = *places
            .entry((group.clone(), label.clone()))
            .or_insert(found.len());
        if place == found.len() {
            let parts = BTreeMap::new();
            found.push(Bar {
                group,
                label,
                parts,
            });
        }
        *found[place].parts.entry(part).or_default() += size;
    }
    // Groups stand together, in the order in which they came.
    found.sort_by_key(|bar| groups.get(&bar.group).copied());
    let unit = &table.columns[value];
    let mut lines = drawn(&found, columns, palette, |bar| unit.number(bar.value()));
    if stack.is_some() && !found.is_empty() {
        lines.push(legend(&parts, palette));
    }
    Ok(lines)
}

/// Draws a pie chart: bars with their shares of the sum.
pub(super) fn pie(settings: &Settings, table: &Table, columns: usize, palette: Palette) -> Made {
    let pie = settings.group("pie").unwrap_or(settings);
    let (value, label) = (column(table, pie, "value")?, column(table, pie, "label")?);
    let mut sums: BTreeMap<String, f64> = BTreeMap::new();
    for row in 0..table.rows() {
        let size = table.cell(row, value).number();
        if let Some(size) = size.filter(|size| size.is_finite() && *size > 0.0) {
            *sums.entry(table.text(row, label)).or_default() += size;
        }
    }
    let total: f64 = sums.values().sum();
    let mut bars: Vec<Bar> = sums
        .into_iter()
        .map(|(label, sum)| Bar::plain(label, sum))
        .collect();
    bars.sort_by(|a, b| b.value().total_cmp(&a.value()));
    let unit = &table.columns[value];
    Ok(drawn(&bars, columns, palette, |bar| {
        format!(
            "{} {}",
            format::percent(bar.value() / total),
            unit.number(bar.value())
        )
    }))
}

/// Returns a line for each bar, and one for each group above its bars.
pub(super) fn drawn(
    bars: &[Bar],
    columns: usize,
    palette: Palette,
    text: impl Fn(&Bar) -> String,
) -> Vec<Line<'static>> {
    let labels = bars.iter().map(|bar| width(&bar.label)).max().unwrap_or(0);
    let labels = labels.min(LABEL_CHARS_MAX).min(columns / 3);
    let room = columns.saturating_sub(labels + VALUE_COLUMNS + 2).max(1);
    let largest = bars.iter().map(Bar::drawn).fold(0.0, f64::max);
    let mut lines = Vec::new();
    let mut group = "";
    for bar in bars {
        if bar.group != group {
            group = &bar.group;
            lines.push(Line::styled(group.to_owned(), palette.title()));
        }
        let label = fit(&bar.label, labels);
        let padding = " ".repeat(labels.saturating_sub(width(&label)));
        let mut spans = vec![Span::raw(format!("{label}{padding} "))];
        let (mut sum, mut used) = (0.0, 0);
        for (&part, &size) in &bar.parts {
            // Ends are rounded, not lengths, so that the whole is right.
            sum += size.max(0.0);
            let end = if largest > 0.0 {
                (sum / largest * room as f64).round() as usize
            } else {
                0
            };
            let fill = FILLS[part % FILLS.len()].repeat(end.saturating_sub(used));
            spans.push(Span::styled(fill, palette.series(part)));
            used = end.max(used);
        }
        spans.push(Span::raw(format!(" {}", text(bar))));
        lines.push(Line::from(spans));
    }
    lines
}

fn legend(parts: &BTreeMap<String, usize>, palette: Palette) -> Line<'static> {
    let mut named: Vec<(&str, usize)> = parts
        .iter()
        .map(|(name, &number)| (if number == PARTS_MAX { "other" } else { name }, number))
        .collect();
    named.sort_by_key(|(_, number)| *number);
    named.dedup_by_key(|(_, number)| *number);
    let spans = named.into_iter().flat_map(|(name, number)| {
        let fill = Span::styled(FILLS[number % FILLS.len()], palette.series(number));
        [
            fill,
            Span::raw(format!(" {}   ", fit(name, LABEL_CHARS_MAX))),
        ]
    });
    Line::from(spans.collect::<Vec<_>>())
}
