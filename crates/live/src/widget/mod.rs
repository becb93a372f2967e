//! Widgets: what a vis specification says is drawn for a table. One file each.

mod bars;
mod chart;
mod flame;
mod graph;
mod histogram;
mod lines;
mod requests;
mod stat;
mod table;
#[cfg(test)]
mod tests;

use crate::data::{Results, Table};
use crate::palette::Palette;
use chart::Chart;
use crossterm::event::KeyEvent;
use flame::Flame;
use lines::Lines;
use nixie_pxl::vis::{Position, Vis};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use regex::Regex;
use table::TableView;

/// How to draw.
#[derive(Clone, Copy)]
pub(crate) struct Look<'a> {
    pub(crate) palette: Palette,
    /// Keys go to this widget.
    pub(crate) focused: bool,
    /// What is searched for.
    pub(crate) pattern: Option<&'a Regex>,
}

/// Where to look for what is searched for, seen from what is selected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// From here on.
    Here,
    /// Behind it.
    Next,
    /// Before it.
    Previous,
}

/// What a widget wants to be shown above all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Opened {
    pub(crate) title: String,
    /// JSON.
    pub(crate) text: String,
}

/// A place that was clicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Click {
    pub(crate) x: u16,
    pub(crate) y: u16,
    pub(crate) double: bool,
}

/// What stands in a widget.
pub(crate) trait Body {
    /// Takes new rows. What is selected stays selected as far as it can.
    fn update(&mut self, table: &Table);

    /// Draws it.
    fn draw(&mut self, table: &Table, area: Rect, buffer: &mut Buffer, look: Look<'_>);

    /// Does what a key means here.
    fn press(&mut self, table: &Table, key: KeyEvent) -> Option<Opened>;

    /// Does what a click means here.
    fn click(&mut self, _table: &Table, _click: Click) -> Option<Opened> {
        None
    }

    /// Selects the next place where a pattern is found; returns false if there is none.
    fn find(&mut self, table: &Table, pattern: &Regex, step: Step) -> bool;

    /// Shows only rows with a pattern, or all; returns false if it cannot.
    fn filter(&mut self, _table: &Table, _pattern: Option<Regex>) -> bool {
        false
    }

    /// Returns what is shown, in words, such as `row 3 of 20`.
    fn status(&self, table: &Table) -> String;
}

/// A part of what is shown.
pub(crate) struct Widget {
    pub(crate) title: String,
    /// Name of its table; nothing for fixed text.
    pub(crate) table: Option<String>,
    pub(crate) position: Option<Position>,
    pub(crate) body: Box<dyn Body>,
}

impl Widget {
    /// Returns the widgets of a vis specification.
    pub(crate) fn of(vis: &Vis) -> Vec<Self> {
        let widgets = vis.widgets.iter().enumerate();
        widgets
            .map(|(index, widget)| {
                let table = vis.table_of(index);
                let settings = &widget.display.settings;
                let named = [&*widget.name, settings.text("title").unwrap_or_default()];
                let named = named.into_iter().find(|name| !name.is_empty());
                let title = named.or(table.as_deref()).unwrap_or_default().to_owned();
                let (body, note) = body(widget.display.kind(), settings);
                Self {
                    title: format!("{title}{note}"),
                    table,
                    position: widget.position,
                    body,
                }
            })
            .collect()
    }

    /// Returns a widget for a table that no specification speaks of.
    pub(crate) fn plain(table: &str) -> Self {
        Self {
            title: table.to_owned(),
            table: Some(table.to_owned()),
            position: None,
            body: Box::new(TableView::default()),
        }
    }

    /// Returns the table that is shown, if it has come.
    pub(crate) fn data<'a>(&self, results: &'a Results) -> Option<&'a Table> {
        let name = self.table.as_deref()?;
        // A function that gives several tables numbers them.
        results
            .table(name)
            .or_else(|| results.table(&format!("{name}[0]")))
    }

    /// Returns true if the widget shows that table.
    pub(crate) fn shows(&self, table: &str) -> bool {
        let name = self.table.as_deref();
        name.is_some_and(|name| name == table || table == format!("{name}[0]"))
    }
}

/// Returns what shows a kind of display, and what to say of it in the title.
fn body(kind: &str, settings: &nixie_pxl::vis::Settings) -> (Box<dyn Body>, &'static str) {
    let lines = |make| -> Box<dyn Body> { Box::new(Lines::new(settings.clone(), make)) };
    match kind {
        "Table" => (Box::new(TableView::new(settings.text("gutterColumn"))), ""),
        "TimeseriesChart" => (Box::new(Chart::new(settings.clone())), ""),
        "StackTraceFlameGraph" => (Box::new(Flame::new(settings.clone())), ""),
        "BarChart" => (lines(bars::bars), ""),
        "PieChart" => (lines(bars::pie), ""),
        "HistogramChart" => (lines(histogram::histogram), ""),
        "Graph" => (lines(graph::adjacency), ""),
        "RequestGraph" => (lines(requests::requests), ""),
        "StatChart" => (lines(stat::stat), ""),
        "GaugeChart" => (lines(stat::gauge), ""),
        "TextChart" => (lines(stat::text), ""),
        "VegaChart" => (
            Box::new(TableView::default()),
            " (a Vega chart; its rows as a table)",
        ),
        _ => (
            Box::new(TableView::default()),
            " (unknown kind; its rows as a table)",
        ),
    }
}

/// Returns the place of a column that a setting names, or what is wrong.
fn column(
    table: &Table,
    settings: &nixie_pxl::vis::Settings,
    field: &str,
) -> Result<usize, String> {
    let name = settings
        .text(field)
        .ok_or_else(|| format!("the vis specification sets no `{field}`"))?;
    table
        .column(name)
        .ok_or_else(|| format!("`{field}` names column `{name}`, which the table does not have"))
}

/// Returns the place of a column that a setting may name.
fn optional_column(
    table: &Table,
    settings: &nixie_pxl::vis::Settings,
    field: &str,
) -> Result<Option<usize>, String> {
    match settings.text(field) {
        Some(_) => column(table, settings, field).map(Some),
        None => Ok(None),
    }
}
