//! Values over time: lines, points, or lines on top of each other.

mod series;

use super::{Body, Look, Opened, Step};
use crate::cells::format;
use crate::data::Table;
use crate::palette::{explain, fit, write};
use crossterm::event::{KeyCode, KeyEvent};
use nixie_pxl::vis::Settings;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Chart as Plot, Dataset, GraphType, Widget as _};
use regex::Regex;
use series::{Graph, SERIES_MAX};

/// LIMIT: lines that are drawn; those with the largest means.
const SERIES_DRAWN_MAX: usize = 12;

/// Without colours lines differ by what they are drawn with.
const MARKERS: [Marker; 4] = [
    Marker::Braille,
    Marker::Dot,
    Marker::Block,
    Marker::HalfBlock,
];

/// A chart over time.
pub(super) struct Chart {
    settings: Settings,
    graph: Result<Graph, String>,
    /// The time whose values are shown, as a place in the graph's times; the last one by default.
    at: Option<usize>,
    /// The first series of the legend.
    top: usize,
    /// Lines for the legend.
    height: usize,
}

impl Chart {
    pub(super) fn new(settings: Settings) -> Self {
        Self {
            settings,
            graph: Ok(Graph::default()),
            at: None,
            top: 0,
            height: 1,
        }
    }
}

impl Body for Chart {
    fn update(&mut self, table: &Table) {
        self.graph = Graph::of(&self.settings, table);
        let times = self.graph.as_ref().map_or(0, |graph| graph.times_ns.len());
        self.at = self.at.filter(|&at| at < times);
    }

    fn draw(&mut self, _table: &Table, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
        let graph = match &self.graph {
            Ok(graph) if graph.times_ns.is_empty() => {
                write(buffer, area, "(no rows)", look.palette.faint());
                return;
            }
            Ok(graph) => graph,
            Err(problem) => {
                explain(buffer, area, problem, look.palette.wrong());
                return;
            }
        };
        // A fifth for the legend, but at least a line, and none without a plot to explain.
        let wanted = u16::try_from(graph.series.len()).unwrap_or(u16::MAX);
        let legend = wanted.min((area.height / 5).max(1));
        let plot = Rect::new(
            area.x,
            area.y,
            area.width,
            area.height.saturating_sub(legend),
        );
        self.height = usize::from(legend);
        self.top = self.top.min(graph.series.len().saturating_sub(self.height));
        draw_plot(graph, self.at, plot, buffer, look);
        let shown = graph.series.iter().enumerate().skip(self.top);
        for ((number, series), y) in shown.zip(plot.bottom()..area.bottom()) {
            let at = self.at.unwrap_or(graph.times_ns.len() - 1);
            let value = match series.value_at(graph.times_ns[at]) {
                Some(value) => graph.columns[series.column].number(value),
                None => "–".to_owned(),
            };
            let mark = if number < SERIES_DRAWN_MAX {
                "━ "
            } else {
                "  "
            };
            let mut style = Style::new();
            if look
                .pattern
                .is_some_and(|pattern| pattern.is_match(&series.label))
            {
                style = look.palette.found();
            }
            let room = usize::from(area.width).saturating_sub(value.len() + 4);
            let line = Line::from(vec![
                Span::styled(mark, look.palette.series(number)),
                Span::styled(fit(&series.label, room), style),
                Span::styled(format!("  {value}"), look.palette.title()),
            ]);
            buffer.set_line(area.x, y, &line, area.width);
        }
    }

    fn press(&mut self, _table: &Table, key: KeyEvent) -> Option<Opened> {
        let Ok(graph) = &self.graph else {
            return None;
        };
        let last = graph.times_ns.len().checked_sub(1)?;
        let at = self.at.unwrap_or(last);
        match key.code {
            KeyCode::Left => self.at = Some(at.saturating_sub(1)),
            KeyCode::Right => self.at = Some((at + 1).min(last)),
            KeyCode::Home => self.at = Some(0),
            KeyCode::End => self.at = None,
            _ => {
                let top = crate::keys::moved(key, self.top, graph.series.len(), self.height);
                self.top = top.unwrap_or(self.top);
            }
        }
        None
    }

    fn find(&mut self, _table: &Table, pattern: &Regex, step: Step) -> bool {
        let Ok(graph) = &self.graph else {
            return false;
        };
        let is_match = |&at: &usize| pattern.is_match(&graph.series[at].label);
        let found = super::table::places(self.top, graph.series.len(), step).find(is_match);
        self.top = found.unwrap_or(self.top);
        found.is_some()
    }

    fn status(&self, _table: &Table) -> String {
        let Ok(graph) = &self.graph else {
            return String::new();
        };
        let mut status = format!("{} series", graph.series.len());
        if graph.series.len() > SERIES_DRAWN_MAX {
            status += &format!(", the {SERIES_DRAWN_MAX} largest are drawn");
        }
        if graph.is_cut {
            status += &format!(", those behind the first {SERIES_MAX} are left out");
        }
        if graph.is_stacked {
            status += ", stacked";
        }
        if graph.trimmed {
            status += ", without the first and the last window";
        }
        let last = graph.times_ns.len().checked_sub(1);
        if let Some(at) = self.at.or(last) {
            status += &format!("; values at {}", clock(graph.times_ns[at]));
        }
        status
    }
}

fn draw_plot(graph: &Graph, at: Option<usize>, area: Rect, buffer: &mut Buffer, look: Look<'_>) {
    let (Some(&first), Some(&last)) = (graph.times_ns.first(), graph.times_ns.last()) else {
        return;
    };
    let seconds = |ns: i64| (ns - first) as f64 / 1e9;
    let drawn: Vec<Vec<(f64, f64)>> = graph
        .series
        .iter()
        .take(SERIES_DRAWN_MAX)
        .map(|series| {
            let points = series.drawn.iter();
            points.map(|&(ns, value)| (seconds(ns), value)).collect()
        })
        .collect();
    let [low, high] = graph.bounds();
    let rule = at.map(|at| {
        let x = seconds(graph.times_ns[at]);
        vec![(x, low), (x, high)]
    });
    let kind = if graph.is_points {
        GraphType::Scatter
    } else {
        GraphType::Line
    };
    let rule = rule.iter().map(|points| {
        let dataset = Dataset::default().data(points).graph_type(GraphType::Line);
        dataset.marker(Marker::Dot).style(look.palette.faint())
    });
    let lines = drawn.iter().enumerate().map(|(number, points)| {
        let marker = if look.palette.colors {
            MARKERS[0]
        } else {
            MARKERS[number % MARKERS.len()]
        };
        let dataset = Dataset::default().data(points).graph_type(kind);
        dataset.marker(marker).style(look.palette.series(number))
    });
    // One point in time has no width.
    let right = seconds(last).max(1e-9);
    let middle = first + (last - first) / 2;
    let unit = &graph.columns[graph.series.first().map_or(0, |series| series.column)];
    let x_axis =
        Axis::default()
            .bounds([0.0, right])
            .labels([clock(first), clock(middle), clock(last)]);
    let y_axis = Axis::default()
        .bounds([low, high])
        .labels([low, (low + high) / 2.0, high].map(|value| unit.number(value)));
    let plot = Plot::new(rule.chain(lines).collect()).legend_position(None);
    plot.x_axis(x_axis).y_axis(y_axis).render(area, buffer);
}

/// Returns the time of the day, in UTC.
fn clock(ns: i64) -> String {
    let time = format::time(ns);
    time.get(11..19).unwrap_or_default().to_owned()
}
