//! A table: rows that sort, filter, scroll and open; columns that resize.

mod draw;
mod gutter;
mod json;
mod rows;
#[cfg(test)]
mod tests;

pub(super) use rows::places;

use super::{Body, Click, Look, Opened, Step};
use crate::data::Table;
use crate::keys::moved;
use crossterm::event::{KeyCode, KeyEvent};
use draw::{Drawn, width_of};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use regex::Regex;
use rows::{Sort, is_found, next_sort, order};
use std::collections::BTreeMap;

/// LIMIT: columns of the terminal that a column of the table can be made wide.
const WIDTH_MAX: usize = 400;
const WIDTH_MIN: usize = 3;
const WIDTH_STEP: usize = 4;

/// What is shown of a table.
#[derive(Default)]
pub(super) struct TableView {
    /// Column that is shown as a mark before each row.
    gutter: Option<String>,
    /// Rows that are shown, in order.
    order: Vec<usize>,
    /// Columns in the order in which they stand.
    columns: Vec<usize>,
    sort: Option<Sort>,
    filter: Option<Regex>,
    /// Widths that the user has chosen, by name.
    chosen: BTreeMap<String, usize>,
    /// Widths that fit the values, by column of the table.
    fitting: Vec<usize>,
    /// The selected row, in `order`.
    row: usize,
    /// The selected column, in `columns`.
    column: usize,
    top: usize,
    left: usize,
    drawn: Drawn,
}

impl TableView {
    pub(super) fn new(gutter: Option<&str>) -> Self {
        Self {
            gutter: gutter.map(str::to_owned),
            ..Self::default()
        }
    }

    fn arrange(&mut self, table: &Table) {
        self.order = order(table, self.sort.as_ref(), self.filter.as_ref());
        self.row = self.row.min(self.order.len().saturating_sub(1));
    }

    fn sort_by(&mut self, table: &Table, column: usize) {
        if let Some(known) = self
            .columns
            .get(column)
            .and_then(|&at| table.columns.get(at))
        {
            self.column = column;
            self.sort = next_sort(self.sort.as_ref(), &known.name);
            self.arrange(table);
        }
    }

    fn resize(&mut self, table: &Table, wider: bool) {
        let Some(&at) = self.columns.get(self.column) else {
            return;
        };
        let width = width_of(self, table, at);
        let width = if wider {
            (width + WIDTH_STEP).min(WIDTH_MAX)
        } else {
            width.saturating_sub(WIDTH_STEP).max(WIDTH_MIN)
        };
        self.chosen.insert(table.columns[at].name.clone(), width);
    }

    /// Opens the selected row.
    fn opened_row(&self, table: &Table) -> Option<Opened> {
        let row = *self.order.get(self.row)?;
        Some(Opened {
            title: format!("row {} of {}", self.row + 1, self.order.len()),
            text: json::row(table, row),
        })
    }

    /// Opens the selected value.
    fn opened_cell(&self, table: &Table) -> Option<Opened> {
        let (row, column) = (*self.order.get(self.row)?, *self.columns.get(self.column)?);
        Some(Opened {
            title: format!("{} of row {}", table.columns[column].name, self.row + 1),
            text: json::cell(table, row, column),
        })
    }
}

impl Body for TableView {
    fn update(&mut self, table: &Table) {
        // Who looks at the end of a table wants to see what comes.
        let is_at_end = self.row > 0 && self.row + 1 == self.order.len();
        let gutter = self.gutter.as_deref().and_then(|name| table.column(name));
        let others = (0..table.columns.len()).filter(|&at| Some(at) != gutter);
        self.columns = gutter.into_iter().chain(others).collect();
        let is_new = self.fitting.is_empty();
        self.fitting = draw::fitting(table, gutter);
        if is_new {
            // Marks are not what one sorts by.
            self.column = usize::from(gutter.is_some());
        }
        self.column = self.column.min(self.columns.len().saturating_sub(1));
        self.arrange(table);
        if is_at_end {
            self.row = self.order.len().saturating_sub(1);
        }
    }

    fn draw(&mut self, table: &Table, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
        draw::draw(self, table, area, buffer, look);
    }

    fn press(&mut self, table: &Table, key: KeyEvent) -> Option<Opened> {
        if let Some(row) = moved(key, self.row, self.order.len(), self.drawn.rows) {
            self.row = row;
            return None;
        }
        let last = self.columns.len().saturating_sub(1);
        match key.code {
            KeyCode::Left => self.column = self.column.saturating_sub(1),
            KeyCode::Right => self.column = (self.column + 1).min(last),
            KeyCode::Char('s') => self.sort_by(table, self.column),
            KeyCode::Char('<') => self.resize(table, false),
            KeyCode::Char('>') => self.resize(table, true),
            KeyCode::Char('v') => return self.opened_cell(table),
            KeyCode::Enter => return self.opened_row(table),
            _ => {}
        }
        None
    }

    fn click(&mut self, table: &Table, click: Click) -> Option<Opened> {
        let column = self.drawn.column_at(click.x)?;
        if click.y == self.drawn.header_y {
            if !click.double {
                self.sort_by(table, column);
            }
            return None;
        }
        let line = usize::from(click.y.checked_sub(self.drawn.header_y + 1)?);
        let row = self.top + line;
        if line >= self.drawn.rows || row >= self.order.len() {
            return None;
        }
        (self.row, self.column) = (row, column);
        if click.double {
            return self.opened_row(table);
        }
        None
    }

    fn find(&mut self, table: &Table, pattern: &Regex, step: Step) -> bool {
        let is_match = |&at: &usize| is_found(table, self.order[at], pattern);
        let Some(at) = places(self.row, self.order.len(), step).find(is_match) else {
            return false;
        };
        self.row = at;
        let row = self.order[at];
        let in_column = |&at: &usize| pattern.is_match(&table.text(row, self.columns[at]));
        if let Some(column) = (0..self.columns.len()).find(in_column) {
            self.column = column;
        }
        true
    }

    fn filter(&mut self, table: &Table, pattern: Option<Regex>) -> bool {
        self.filter = pattern;
        self.row = 0;
        self.arrange(table);
        true
    }

    fn status(&self, table: &Table) -> String {
        let mut status = match self.order.len() {
            0 => format!("0 of {} rows", table.rows()),
            rows => format!("row {} of {rows}", self.row + 1),
        };
        if let Some(filter) = &self.filter {
            status += &format!("; {} rows without filter `{filter}`", table.rows());
        }
        if let Some(sort) = &self.sort {
            let direction = if sort.descending {
                "descending"
            } else {
                "ascending"
            };
            status += &format!("; by {}, {direction}", sort.column);
        }
        status
    }
}
