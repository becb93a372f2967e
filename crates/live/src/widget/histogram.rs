//! Counts of values in ranges. The script makes narrow ranges; the chart joins them.

use super::bars::{Bar, drawn};
use super::column;
use super::lines::Made;
use crate::data::Table;
use crate::palette::Palette;
use nixie_pxl::vis::Settings;

/// Ranges that are shown at most, if the specification does not say.
const BINS_DEFAULT: usize = 10;

/// LIMIT: ranges that are shown at most, whatever the specification says.
const BINS_MAX: f64 = 1000.0;

/// Draws a histogram.
pub(super) fn histogram(
    settings: &Settings,
    table: &Table,
    columns: usize,
    palette: Palette,
) -> Made {
    let histogram = settings.group("histogram");
    let histogram = histogram.ok_or("the vis specification sets no `histogram`")?;
    let value = column(table, histogram, "value")?;
    let count = column(table, histogram, "prebinCount")?;
    let counts: Vec<(f64, f64)> = (0..table.rows())
        .filter_map(|row| {
            Some((
                table.cell(row, value).number()?,
                table.cell(row, count).number()?,
            ))
        })
        .filter(|(start, count)| start.is_finite() && count.is_finite())
        .collect();
    let bins_max = match histogram.number("maxbins") {
        Some(bins) if bins >= 1.0 => bins.min(BINS_MAX) as usize,
        _ => BINS_DEFAULT,
    };
    let step_min = histogram.number("minstep").unwrap_or(0.0);
    let unit = &table.columns[value];
    let bars: Vec<Bar> = joined(&counts, bins_max, step_min)
        .into_iter()
        .map(|(start, end, count)| {
            let label = if start < end {
                format!("{} – {}", unit.number(start), unit.number(end))
            } else {
                unit.number(start)
            };
            Bar::plain(label, count)
        })
        .collect();
    let counted = &table.columns[count];
    Ok(drawn(&bars, columns, palette, |bar| {
        counted.number(bar.parts.values().sum())
    }))
}

/// Joins ranges, given by start and count, into at most some ranges of one width; returns start,
/// end and count of each.
fn joined(counts: &[(f64, f64)], bins_max: usize, step_min: f64) -> Vec<(f64, f64, f64)> {
    let starts = counts.iter().map(|(start, _)| *start);
    let low = starts.clone().fold(f64::INFINITY, f64::min);
    let high = starts.fold(f64::NEG_INFINITY, f64::max);
    if low > high {
        return Vec::new();
    }
    // The last start is in the last range, so the width is a little more than an equal part.
    let step = nice((high - low) / bins_max as f64).max(step_min);
    if step <= 0.0 {
        let count = counts.iter().map(|(_, count)| count).sum();
        return vec![(low, low, count)];
    }
    let first = (low / step).floor();
    let bins = ((high / step).floor() - first) as usize + 1;
    let mut found = vec![0.0; bins];
    for (start, count) in counts {
        let bin = ((start / step).floor() - first).max(0.0) as usize;
        found[bin.min(bins - 1)] += count;
    }
    let range = |(number, count): (usize, f64)| {
        let start = (first + number as f64) * step;
        (start, start + step, count)
    };
    found.into_iter().enumerate().map(range).collect()
}

/// Returns the next width that reads well: 1, 2, 2.5 or 5 by a power of ten.
fn nice(step: f64) -> f64 {
    if step <= 0.0 {
        return 0.0;
    }
    let power = 10_f64.powf(step.log10().floor());
    let steps = [1.0, 2.0, 2.5, 5.0, 10.0];
    let step = steps
        .into_iter()
        .map(|factor| factor * power)
        .find(|nice| *nice >= step);
    step.unwrap_or(10.0 * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_joined_and_nothing_is_lost() {
        let counts: Vec<(f64, f64)> = (0..100).map(|n| (f64::from(n), 2.0)).collect();
        let bins = joined(&counts, 10, 0.0);
        assert_eq!(bins.len(), 10);
        assert_eq!(bins[0], (0.0, 10.0, 20.0));
        assert_eq!(bins.iter().map(|bin| bin.2).sum::<f64>(), 200.0);
        assert_eq!(joined(&counts, 10, 50.0).len(), 2);
    }

    #[test]
    fn one_value_and_none_are_ranges_too() {
        assert_eq!(
            joined(&[(7.0, 3.0), (7.0, 1.0)], 10, 0.0),
            [(7.0, 7.0, 4.0)]
        );
        assert_eq!(joined(&[], 10, 0.0), []);
    }

    #[test]
    fn negative_starts_and_extremes_stay_within_the_limit() {
        for counts in [
            [(-5.0, 1.0), (5.0, 1.0)],
            [(-1e300, 1.0), (1e300, 1.0)],
            [(0.0, 1.0), (1e-300, 1.0)],
        ] {
            let bins = joined(&counts, 10, 0.0);
            assert!((1..=12).contains(&bins.len()), "{bins:?}");
            assert_eq!(bins.iter().map(|bin| bin.2).sum::<f64>(), 2.0);
        }
    }
}
