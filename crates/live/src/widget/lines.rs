//! Widgets that are lines of text: bars, graphs, single values.

use super::{Body, Look, Opened, Step};
use crate::data::Table;
use crate::keys::scrolled;
use crate::palette::{Palette, explain};
use crossterm::event::KeyEvent;
use nixie_pxl::vis::Settings;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;
use regex::Regex;

/// LIMIT: lines of one widget; the last one then says that there are more.
pub(crate) const LINES_MAX: usize = 5_000;

/// LIMIT: characters of a label; longer ones are cut.
pub(crate) const LABEL_CHARS_MAX: usize = 40;

/// Columns that lines are made for until it is known how many there are.
const COLUMNS_DEFAULT: usize = 80;

/// What is drawn in some columns, or why nothing can be.
pub(super) type Made = Result<Vec<Line<'static>>, String>;

/// Makes the lines of a widget.
pub(super) type Make = fn(&Settings, &Table, usize, Palette) -> Made;

/// Lines of text that scroll.
pub(super) struct Lines {
    settings: Settings,
    make: Make,
    lines: Vec<Line<'static>>,
    /// Why there are none.
    problem: String,
    /// Columns and colours that the lines were made for.
    made_for: Option<(usize, Palette)>,
    /// The line that keys and searches move.
    at: usize,
    top: usize,
    height: usize,
}

impl Lines {
    pub(super) const fn new(settings: Settings, make: Make) -> Self {
        Self {
            settings,
            make,
            lines: Vec::new(),
            problem: String::new(),
            made_for: None,
            at: 0,
            top: 0,
            height: 1,
        }
    }

    fn make(&mut self, table: &Table, columns: usize, palette: Palette) {
        if self.made_for == Some((columns, palette)) {
            return;
        }
        self.made_for = Some((columns, palette));
        self.problem.clear();
        self.lines = match (self.make)(&self.settings, table, columns, palette) {
            Ok(lines) if lines.is_empty() => vec![Line::styled("(no rows)", palette.faint())],
            Ok(lines) => lines,
            Err(problem) => {
                self.problem = problem;
                Vec::new()
            }
        };
        if self.lines.len() > LINES_MAX {
            let rest = self.lines.len() - LINES_MAX;
            self.lines.truncate(LINES_MAX);
            self.lines
                .push(Line::raw(format!("… and {rest} more lines")));
        }
        self.at = self.at.min(self.lines.len().saturating_sub(1));
    }
}

impl Body for Lines {
    fn update(&mut self, _table: &Table) {
        self.made_for = None;
    }

    fn draw(&mut self, table: &Table, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
        self.make(table, usize::from(area.width), look.palette);
        explain(buffer, area, &self.problem, look.palette.wrong());
        self.height = usize::from(area.height).max(1);
        self.top = scrolled(self.top, self.at, self.height);
        let shown = self.lines.iter().enumerate().skip(self.top);
        for ((index, line), y) in shown.zip(area.top()..area.bottom()) {
            buffer.set_line(area.x, y, line, area.width);
            let place = Rect::new(area.x, y, area.width, 1);
            if look
                .pattern
                .is_some_and(|pattern| pattern.is_match(&line.to_string()))
            {
                buffer.set_style(place, look.palette.found());
            }
            if look.focused && index == self.at && self.lines.len() > self.height {
                buffer.set_style(place, look.palette.selected());
            }
        }
    }

    fn press(&mut self, _table: &Table, key: KeyEvent) -> Option<Opened> {
        if let Some(at) = crate::keys::moved(key, self.at, self.lines.len(), self.height) {
            self.at = at;
        }
        None
    }

    fn find(&mut self, table: &Table, pattern: &Regex, step: Step) -> bool {
        let (columns, palette) = self
            .made_for
            .unwrap_or((COLUMNS_DEFAULT, Palette { colors: false }));
        self.make(table, columns, palette);
        let is_match = |&at: &usize| pattern.is_match(&self.lines[at].to_string());
        match super::table::places(self.at, self.lines.len(), step).find(is_match) {
            Some(at) => {
                self.at = at;
                true
            }
            None => false,
        }
    }

    fn status(&self, table: &Table) -> String {
        let rows = match table.rows() {
            1 => "1 row".to_owned(),
            rows => format!("{rows} rows"),
        };
        match self.lines.len() > self.height {
            true => format!("line {} of {}; {rows}", self.at + 1, self.lines.len()),
            false => rows,
        }
    }
}
