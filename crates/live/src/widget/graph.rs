//! Graphs as text: each node with what it leads to, indented below it.
//!
//! ```text
//! gateway
//! ├▶ cart  12.5 /sec
//! │  └▶ redis  3.1 /sec
//! └▶ shop  7.0 /sec
//!    └▶ cart (above)  2.0 /sec
//! ```

use super::lines::{LABEL_CHARS_MAX, LINES_MAX, Made};
use super::{column, optional_column};
use crate::cells::{Color, visible};
use crate::data::Table;
use crate::palette::{Palette, fit};
use nixie_pxl::vis::Settings;
use nixie_types::SemanticType;
use ratatui::text::{Line, Span};
use std::collections::{BTreeMap, BTreeSet};

/// LIMIT: nodes below each other; what lies deeper is named, not drawn.
const DEPTH_MAX: usize = 64;

/// Edges without thresholds of their own, and those that tell latencies, in nanoseconds.
const THRESHOLDS: (f64, f64) = (100.0, 200.0);
const LATENCY_THRESHOLDS: (f64, f64) = (150e6, 300e6);

/// A graph, in the order in which its parts came.
#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: Vec<String>,
    places: BTreeMap<String, usize>,
    edges: Vec<Vec<Edge>>,
}

/// What leads from one node to another.
#[derive(Debug)]
pub(super) struct Edge {
    to: usize,
    label: String,
    color: Color,
}

impl Graph {
    /// Adds an edge, and its nodes where they are new.
    pub(super) fn add(&mut self, from: &str, to: &str, label: String, color: Color) {
        let (from, to) = (self.node(from), self.node(to));
        self.edges[from].push(Edge { to, label, color });
    }

    fn node(&mut self, name: &str) -> usize {
        let number = self.nodes.len();
        let place = *self.places.entry(name.to_owned()).or_insert(number);
        if place == number {
            self.nodes.push(name.to_owned());
            self.edges.push(Vec::new());
        }
        place
    }

    /// Returns the lines: first from nodes that nothing leads to, then from those in circles.
    pub(super) fn lines(&self, palette: Palette) -> Vec<Line<'static>> {
        let targets: BTreeSet<usize> = self
            .edges
            .iter()
            .enumerate()
            .flat_map(|(from, edges)| edges.iter().map(move |edge| (from, edge.to)))
            .filter(|(from, to)| from != to)
            .map(|(_, to)| to)
            .collect();
        let mut drawing = Drawing {
            graph: self,
            palette,
            lines: Vec::new(),
            path: Vec::new(),
            drawn: BTreeSet::new(),
        };
        let roots = (0..self.nodes.len()).filter(|node| !targets.contains(node));
        for node in roots.chain(0..self.nodes.len()) {
            if !drawing.drawn.contains(&node) {
                let name = shown(&self.nodes[node]);
                drawing.lines.push(Line::styled(name, palette.title()));
                drawing.below(node, "");
            }
        }
        drawing.lines
    }
}

/// Lines that are being made.
struct Drawing<'a> {
    graph: &'a Graph,
    palette: Palette,
    lines: Vec<Line<'static>>,
    /// From the root to where it is.
    path: Vec<usize>,
    /// Nodes whose edges have been drawn.
    drawn: BTreeSet<usize>,
}

impl Drawing<'_> {
    /// Draws what a node leads to.
    fn below(&mut self, node: usize, margin: &str) {
        self.drawn.insert(node);
        self.path.push(node);
        let edges = &self.graph.edges[node];
        for (number, edge) in edges.iter().enumerate() {
            if self.lines.len() > LINES_MAX {
                break;
            }
            let (corner, indent) = match number + 1 == edges.len() {
                true => ("└▶ ", "   "),
                false => ("├▶ ", "│  "),
            };
            let has_edges = !self.graph.edges[edge.to].is_empty();
            let remark = if self.path.contains(&edge.to) {
                " (a circle)"
            } else if has_edges && self.drawn.contains(&edge.to) {
                " (above)"
            } else if has_edges && self.path.len() >= DEPTH_MAX {
                " (too deep to be drawn)"
            } else {
                ""
            };
            let mut spans = vec![Span::styled(
                format!("{margin}{corner}"),
                self.palette.faint(),
            )];
            spans.push(Span::raw(shown(&self.graph.nodes[edge.to])));
            spans.push(Span::styled(remark, self.palette.faint()));
            // The name comes first: it must not be what a narrow terminal cuts off.
            let label = format!("  {}", edge.label);
            spans.push(Span::styled(label, self.palette.cell(edge.color)));
            self.lines.push(Line::from(spans));
            if remark.is_empty() && has_edges {
                self.below(edge.to, &format!("{margin}{indent}"));
            } else if remark.is_empty() {
                self.drawn.insert(edge.to);
            }
        }
        self.path.pop();
    }
}

fn shown(name: &str) -> String {
    match name {
        "" => "<unknown>".to_owned(),
        name => fit(&visible(name), LABEL_CHARS_MAX),
    }
}

/// Draws the edges that rows are.
pub(super) fn adjacency(
    settings: &Settings,
    table: &Table,
    _columns: usize,
    palette: Palette,
) -> Made {
    let Some(list) = settings.group("adjacencyList") else {
        return dot(settings, table, palette);
    };
    let (from, to) = (
        column(table, list, "fromColumn")?,
        column(table, list, "toColumn")?,
    );
    let weight = optional_column(table, settings, "edgeWeightColumn")?;
    let color = optional_column(table, settings, "edgeColorColumn")?;
    let info = settings.texts("edgeHoverInfo").iter();
    let info: Vec<usize> = info.filter_map(|name| table.column(name)).collect();
    let limits = settings.group("edgeThresholds").map_or_else(
        || usual_thresholds(table, color),
        |limits| {
            let limit = |name, usual| limits.number(name).unwrap_or(usual);
            (
                limit("mediumThreshold", THRESHOLDS.0),
                limit("highThreshold", THRESHOLDS.1),
            )
        },
    );
    let mut graph = Graph::default();
    for row in 0..table.rows() {
        let values = weight.into_iter().chain(info.iter().copied());
        let mut named: Vec<String> = Vec::new();
        for at in values {
            let text = format!("{} {}", table.columns[at].name, table.text(row, at));
            if !named.contains(&text) {
                named.push(text);
            }
        }
        let value = color.and_then(|color| table.cell(row, color).number());
        let color = value.map_or(Color::Plain, |value| by_limits(value, limits));
        let (from, to) = (table.text(row, from), table.text(row, to));
        graph.add(&from, &to, named.join(", "), color);
    }
    Ok(graph.lines(palette))
}

/// Returns a colour by where it changes.
pub(super) fn by_limits(value: f64, (medium, high): (f64, f64)) -> Color {
    match value {
        value if value >= high => Color::Red,
        value if value >= medium => Color::Yellow,
        _ => Color::Green,
    }
}

fn usual_thresholds(table: &Table, color: Option<usize>) -> (f64, f64) {
    match color.map(|color| table.columns[color].semantic_type) {
        Some(SemanticType::DurationNs) => LATENCY_THRESHOLDS,
        _ => THRESHOLDS,
    }
}

/// Shows a graph in the language DOT as it is written.
fn dot(settings: &Settings, table: &Table, palette: Palette) -> Made {
    let at = column(table, settings, "dotColumn")?;
    let remark = Line::styled(
        "a graph in the language DOT, as it is written:",
        palette.faint(),
    );
    let mut lines = vec![remark];
    for row in 0..table.rows() {
        if let crate::cells::Cell::Text(text) = table.cell(row, at) {
            lines.extend(text.lines().map(|line| Line::raw(visible(line))));
        }
    }
    Ok(lines)
}
