//! What a chart over time draws: one series for each value column, or for each value of a column.

use super::super::{column, optional_column};
use crate::cells::{Cell, Column};
use crate::data::Table;
use nixie_pxl::vis::Settings;
use std::collections::{BTreeMap, BTreeSet};

/// LIMIT: series of a chart; values of more are not read.
pub(super) const SERIES_MAX: usize = 500;

/// With fewer points in time nothing is left out at the ends.
const TIMES_TRIMMED_MIN: usize = 4;

/// All that a chart draws.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// By mean, the largest first.
    pub(super) series: Vec<Series>,
    /// Points in time, in order.
    pub(super) times_ns: Vec<i64>,
    /// The value columns.
    pub(super) columns: Vec<Column>,
    pub(super) is_stacked: bool,
    pub(super) is_points: bool,
    /// There are more series than are read.
    pub(super) is_cut: bool,
    /// The first and the last window were left out, as they may be incomplete.
    pub(super) trimmed: bool,
}

/// One line.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Series {
    pub(super) label: String,
    /// Its value column, of those of the graph.
    pub(super) column: usize,
    /// Values by time, in order.
    pub(super) points: Vec<(i64, f64)>,
    /// The same, on top of what is drawn below.
    pub(super) drawn: Vec<(i64, f64)>,
}

impl Series {
    /// Returns its value at a time, if it has one then.
    pub(super) fn value_at(&self, ns: i64) -> Option<f64> {
        let at = self
            .points
            .binary_search_by_key(&ns, |&(time, _)| time)
            .ok()?;
        Some(self.points[at].1)
    }

    fn mean(&self) -> f64 {
        let sum: f64 = self.points.iter().map(|(_, value)| value).sum();
        sum / self.points.len().max(1) as f64
    }
}

impl Graph {
    /// Returns what a specification draws of a table, or what is wrong.
    pub(super) fn of(settings: &Settings, table: &Table) -> Result<Self, String> {
        if table.rows() == 0 {
            return Ok(Self::default());
        }
        let time = table.column("time_");
        let time =
            time.ok_or("a chart over time needs a column `time_`, which the table does not have")?;
        let mut graph = Self::default();
        let mut found: BTreeMap<(usize, String), BTreeMap<i64, f64>> = BTreeMap::new();
        for entry in settings.groups("timeseries") {
            graph.is_stacked |= entry.is_set("stackBySeries");
            graph.is_points |= entry.text("mode") == Some("MODE_POINT");
            let value = column(table, entry, "value")?;
            let series = optional_column(table, entry, "series")?;
            let number = graph.columns.len();
            graph.columns.push(table.columns[value].clone());
            for row in 0..table.rows() {
                let (Cell::Time(ns), Some(value)) =
                    (table.cell(row, time), table.cell(row, value).number())
                else {
                    continue;
                };
                let label = series.map_or_else(
                    || graph.columns[number].name.clone(),
                    |series| table.text(row, series),
                );
                let key = (number, label);
                let is_kept = found.len() < SERIES_MAX || found.contains_key(&key);
                graph.is_cut |= !is_kept;
                if value.is_finite() && is_kept {
                    // Several rows of one window are parts of it.
                    *found.entry(key).or_default().entry(ns).or_default() += value;
                }
            }
        }
        let series = found.into_iter().map(|((column, label), points)| Series {
            label,
            column,
            points: points.into_iter().collect(),
            drawn: Vec::new(),
        });
        graph.series = series.collect();
        graph.finish();
        Ok(graph)
    }

    /// Leaves out incomplete windows, sorts, and puts lines on top of each other.
    fn finish(&mut self) {
        let times = self.series.iter().flat_map(|series| series.points.iter());
        let times: BTreeSet<i64> = times.map(|&(ns, _)| ns).collect();
        self.times_ns = times.into_iter().collect();
        if self.times_ns.len() >= TIMES_TRIMMED_MIN {
            self.trimmed = true;
            self.times_ns.remove(0);
            self.times_ns.pop();
            let (first, last) = (self.times_ns[0], self.times_ns[self.times_ns.len() - 1]);
            for series in &mut self.series {
                series.points.retain(|(ns, _)| (first..=last).contains(ns));
            }
            self.series.retain(|series| !series.points.is_empty());
        }
        self.series.sort_by(|a, b| b.mean().total_cmp(&a.mean()));
        let mut below: BTreeMap<i64, f64> = BTreeMap::new();
        for series in &mut self.series {
            series.drawn = if self.is_stacked {
                let times = self.times_ns.iter();
                times
                    .map(|&ns| {
                        let sum = below.entry(ns).or_default();
                        *sum += series.value_at(ns).unwrap_or(0.0);
                        (ns, *sum)
                    })
                    .collect()
            } else {
                series.points.clone()
            };
        }
    }

    /// Returns the least and the largest value that is drawn, with zero between or at the end.
    pub(super) fn bounds(&self) -> [f64; 2] {
        let values = self.series.iter().flat_map(|series| series.drawn.iter());
        let (low, high) = values.fold((0.0, 0.0), |(low, high), &(_, value)| {
            (f64::min(low, value), f64::max(high, value))
        });
        if low < high { [low, high] } else { [0.0, 1.0] }
    }
}
