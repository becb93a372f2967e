//! The service map: who asks whom, how often, how fast, and with which errors.

use super::graph::{Graph, by_limits};
use super::lines::Made;
use super::{column, optional_column};
use crate::cells::{Cell, format};
use crate::data::Table;
use crate::palette::Palette;
use nixie_pxl::vis::Settings;
use std::collections::BTreeMap;

/// Shares of requests that fail: from here on medium, and from there on high.
const ERROR_THRESHOLDS: (f64, f64) = (0.01, 0.02);

/// Columns whose values are added when edges are joined.
const SUMS: [&str; 3] = [
    "requestsPerSecondColumn",
    "inboundBytesPerSecondColumn",
    "outboundBytesPerSecondColumn",
];

/// Columns whose values are averaged by the number of requests when edges are joined.
const MEANS: [&str; 4] = ["errorRateColumn", "p50Column", "p90Column", "p99Column"];

/// What is known of the requests between two services.
#[derive(Clone, Debug, Default)]
struct Requests {
    sums: [f64; 3],
    /// Sums of values by number of requests.
    weighted: [f64; 4],
    count: f64,
    rows: f64,
    /// Sums of values, for edges that tell no number of requests.
    plain: [f64; 4],
}

impl Requests {
    fn mean(&self, at: usize) -> f64 {
        if self.count > 0.0 {
            self.weighted[at] / self.count
        } else {
            self.plain[at] / self.rows.max(1.0)
        }
    }
}

/// Draws a service map.
pub(super) fn requests(
    settings: &Settings,
    table: &Table,
    _columns: usize,
    palette: Palette,
) -> Made {
    let ends = |side: &str| -> Result<[Option<usize>; 3], String> {
        Ok([
            Some(column(table, settings, &format!("{side}ServiceColumn"))?),
            Some(column(table, settings, &format!("{side}PodColumn"))?),
            optional_column(table, settings, &format!("{side}IPColumn"))?,
        ])
    };
    let (requestor, responder) = (ends("requestor")?, ends("responder")?);
    let places = |names: &[&str]| -> Result<Vec<usize>, String> {
        names
            .iter()
            .map(|name| column(table, settings, name))
            .collect()
    };
    let (sums, means) = (places(&SUMS)?, places(&MEANS)?);
    let total = column(table, settings, "totalRequestCountColumn")?;
    let mut edges: BTreeMap<(String, String), Requests> = BTreeMap::new();
    for row in 0..table.rows() {
        let number = |at: usize| {
            table
                .cell(row, at)
                .number()
                .filter(|n| n.is_finite())
                .unwrap_or(0.0)
        };
        let ends = (name(table, row, requestor), name(table, row, responder));
        let edge = edges.entry(ends).or_default();
        for (sum, &at) in edge.sums.iter_mut().zip(&sums) {
            *sum += number(at);
        }
        let count = number(total);
        for (index, &at) in means.iter().enumerate() {
            edge.weighted[index] += count * number(at);
            edge.plain[index] += number(at);
        }
        edge.count += count;
        edge.rows += 1.0;
    }
    let mut graph = Graph::default();
    for ((from, to), edge) in &edges {
        let shown = |at: usize, value: f64| table.columns[at].number(value);
        let bytes = edge.sums[1] + edge.sums[2];
        let label = format!(
            "{}, {} errors, p50 {}, p90 {}, p99 {}, {}",
            shown(sums[0], edge.sums[0]),
            format::percent(edge.mean(0)),
            shown(means[1], edge.mean(1)),
            shown(means[2], edge.mean(2)),
            shown(means[3], edge.mean(3)),
            shown(sums[1], bytes),
        );
        graph.add(from, to, label, by_limits(edge.mean(0), ERROR_THRESHOLDS));
    }
    Ok(graph.lines(palette))
}

/// Returns the name of an end: its service, else its pod, else its address.
fn name(table: &Table, row: usize, columns: [Option<usize>; 3]) -> String {
    let texts = columns
        .into_iter()
        .flatten()
        .map(|at| match table.cell(row, at) {
            Cell::Text(text) => text,
            _ => "",
        });
    texts
        .into_iter()
        .find(|text| !text.is_empty())
        .unwrap_or_default()
        .to_owned()
}
