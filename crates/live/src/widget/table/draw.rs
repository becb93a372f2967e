//! Draws a table.

use super::super::Look;
use super::{TableView, gutter};
use crate::cells::{Cell, Styled};
use crate::data::Table;
use crate::keys::scrolled;
use crate::palette::{fit, width, write};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use std::ops::Range;

/// LIMIT: columns of the terminal that a column takes unless the user makes it wider.
const FITTING_MAX: usize = 50;

/// LIMIT: rows that are looked at for the widths of the columns.
const MEASURED_ROWS_MAX: usize = 500;

/// Columns of the terminal for the mark of the column that rows are sorted by.
const MARK_COLUMNS: usize = 2;

/// Columns of the terminal between columns.
const GAP: u16 = 2;

/// Where things were drawn, for the mouse.
#[derive(Default)]
pub(super) struct Drawn {
    pub(super) header_y: u16,
    /// Lines for rows.
    pub(super) rows: usize,
    columns: Vec<(Range<u16>, usize)>,
}

impl Drawn {
    /// Returns the column that stands there.
    pub(super) fn column_at(&self, x: u16) -> Option<usize> {
        let found = self.columns.iter().find(|(place, _)| place.contains(&x));
        found.map(|(_, column)| *column)
    }
}

/// Returns the widths that fit the values of the first rows.
pub(super) fn fitting(table: &Table, gutter: Option<usize>) -> Vec<usize> {
    let rows = table.rows().min(MEASURED_ROWS_MAX);
    let columns = table.columns.iter().enumerate();
    columns
        .map(|(at, column)| {
            if Some(at) == gutter {
                return 1;
            }
            let values = (0..rows).map(|row| width(&table.text(row, at)));
            values
                .chain([width(&column.name)])
                .max()
                .unwrap_or(0)
                .min(FITTING_MAX)
        })
        .collect()
}

/// Returns how wide a column is.
pub(super) fn width_of(view: &TableView, table: &Table, at: usize) -> usize {
    let name = &table.columns[at].name;
    if let Some(&chosen) = view.chosen.get(name) {
        return chosen;
    }
    let fitting = view.fitting.get(at).copied().unwrap_or(1);
    match &view.sort {
        Some(sort) if sort.column == *name => fitting.max(width(name) + MARK_COLUMNS),
        _ => fitting,
    }
}

pub(super) fn draw(
    view: &mut TableView,
    table: &Table,
    area: Rect,
    buffer: &mut Buffer,
    look: Look<'_>,
) {
    view.drawn.header_y = area.y;
    view.drawn.rows = usize::from(area.height.saturating_sub(1));
    view.drawn.columns = layout(view, table, area);
    header(view, table, area, buffer, look);
    if view.order.is_empty() && area.height > 1 {
        let text = if table.rows() == 0 {
            "(no rows)"
        } else {
            "(no row passes the filter)"
        };
        let below = Rect::new(area.x, area.y + 1, area.width, area.height - 1);
        write(buffer, below, text, look.palette.faint());
        return;
    }
    view.top = scrolled(view.top, view.row, view.drawn.rows);
    // After a filter or a larger window there may be room for rows before.
    view.top = view
        .top
        .min(view.order.len().saturating_sub(view.drawn.rows));
    let rows = view.order.iter().enumerate().skip(view.top);
    for ((index, &row), y) in rows.zip(area.top() + 1..area.bottom()) {
        let is_selected = look.focused && index == view.row;
        if is_selected {
            let place = Rect::new(area.x, y, area.width, 1);
            buffer.set_style(place, look.palette.selected());
        }
        for (place, column) in &view.drawn.columns {
            let mut style = Style::new();
            if is_selected {
                style = look.palette.selected();
                if *column == view.column {
                    style = style.add_modifier(Modifier::BOLD | Modifier::UNDERLINED);
                }
            }
            value(view, table, (row, *column), (place, y), style, buffer, look);
        }
    }
}

/// Chooses the columns to show so that the selected one is seen; returns where they stand.
fn layout(view: &mut TableView, table: &Table, area: Rect) -> Vec<(Range<u16>, usize)> {
    view.left = view.left.min(view.column);
    loop {
        let mut found: Vec<(Range<u16>, usize)> = Vec::new();
        let mut x = area.left();
        for column in view.left..view.columns.len() {
            if x >= area.right() {
                break;
            }
            let wanted = width_of(view, table, view.columns[column]);
            let wanted = u16::try_from(wanted).unwrap_or(u16::MAX);
            let end = x.saturating_add(wanted).min(area.right());
            found.push((x..end, column));
            x = end.saturating_add(GAP);
        }
        let is_whole = |(place, column): &(Range<u16>, usize)| {
            let wanted = width_of(view, table, view.columns[*column]);
            *column == view.column && usize::from(place.end - place.start) >= wanted
        };
        // The selected column is seen whole, or stands first.
        if view.left >= view.column || found.iter().any(is_whole) {
            return found;
        }
        view.left += 1;
    }
}

fn header(view: &TableView, table: &Table, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
    for (place, column) in &view.drawn.columns {
        let known = &table.columns[view.columns[*column]];
        let is_gutter = view.gutter.as_deref() == Some(&known.name);
        let sort = view.sort.as_ref().filter(|sort| sort.column == known.name);
        let mark = match sort {
            Some(sort) if sort.descending => " ▼",
            Some(_) => " ▲",
            None => "",
        };
        let room = usize::from(place.end - place.start);
        let name = if is_gutter {
            String::new()
        } else {
            known.name.to_uppercase()
        };
        let name = format!("{}{mark}", fit(&name, room.saturating_sub(width(mark))));
        let mut style = look.palette.title();
        if look.focused && *column == view.column {
            style = style.add_modifier(Modifier::UNDERLINED);
        }
        let indent = if known.right {
            room.saturating_sub(width(&name))
        } else {
            0
        };
        let x = place.start + u16::try_from(indent).unwrap_or(0);
        buffer.set_stringn(x, area.y, name, room, style);
    }
}

fn value(
    view: &TableView,
    table: &Table,
    (row, column): (usize, usize),
    (place, y): (&Range<u16>, u16),
    style: Style,
    buffer: &mut Buffer,
    look: Look<'_>,
) {
    let at = view.columns[column];
    let known = &table.columns[at];
    let cell = table.cell(row, at);
    let Styled { text, color } = match cell {
        Cell::Text(status) if view.gutter.as_deref() == Some(&known.name) => {
            let (mark, color) = gutter::mark(status);
            let text = mark.to_owned();
            Styled { text, color }
        }
        cell => known.styled(cell),
    };
    let room = usize::from(place.end - place.start);
    let is_found = look.pattern.is_some_and(|pattern| pattern.is_match(&text));
    let text = fit(&text, room);
    let indent = if known.right {
        room.saturating_sub(width(&text))
    } else {
        0
    };
    let mut style = look.palette.cell(color).patch(style);
    if is_found {
        style = style.patch(look.palette.found());
    }
    let x = place.start + u16::try_from(indent).unwrap_or(0);
    buffer.set_stringn(x, y, text, room, style);
}
