//! A merging t-digest (Dunning and Ertl) with the arcsine scale, compression 1000.
//!
//! Values wait in a buffer; when it is full they are sorted and merged with the centroids in one
//! pass. Centroids near the ends hold few values, so that the tails stay accurate.
//!
//! State: minimum, maximum, number of centroids (as f64), mean and weight of each, then single
//! values; all little-endian f64.

use crate::aggregates::Sketch;
use crate::json::write_float;
use crate::value::Float;
use datafusion_common::{Result, exec_datafusion_err};
use std::f64::consts::{FRAC_PI_2, PI};

/// Bounds how many centroids remain: about as many as this.
const COMPRESSION: f64 = 1000.0;

/// LIMIT: values that wait to be merged, 64 KB a group.
const WAITING_MAX: usize = 8000;

const QUANTILES: [(&str, f64); 7] = [
    ("p01", 0.01),
    ("p10", 0.10),
    ("p25", 0.25),
    ("p50", 0.50),
    ("p75", 0.75),
    ("p90", 0.90),
    ("p99", 0.99),
];

#[derive(Clone, Copy, Debug, PartialEq)]
struct Centroid {
    mean: f64,
    weight: f64,
}

/// A sketch of a distribution.
#[derive(Clone, Debug)]
pub(crate) struct Digest {
    waiting: Vec<f64>,
    centroids: Vec<Centroid>,
    min: f64,
    max: f64,
}

impl Default for Digest {
    fn default() -> Self {
        Self {
            waiting: Vec::new(),
            centroids: Vec::new(),
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
        }
    }
}

impl Digest {
    #[cold]
    fn make_room(&mut self) -> usize {
        let before = self.heap_bytes();
        if self.waiting.len() >= WAITING_MAX {
            self.compress();
        } else {
            let wanted = (self.waiting.len() * 2).clamp(4, WAITING_MAX);
            self.waiting.reserve_exact(wanted - self.waiting.len());
        }
        self.heap_bytes().saturating_sub(before)
    }

    /// Returns the percentiles as JSON.
    fn json(&mut self) -> String {
        self.compress();
        let mut json = String::with_capacity(160);
        json.push('{');
        for (index, (name, q)) in QUANTILES.iter().enumerate() {
            if index > 0 {
                json.push(',');
            }
            json.push('"');
            json.push_str(name);
            json.push_str("\":");
            write_float(&mut json, self.quantile(*q));
        }
        json.push('}');
        json
    }

    fn compress(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let mut waiting = std::mem::take(&mut self.waiting);
        waiting.sort_unstable_by(f64::total_cmp);
        self.min = self.min.min(waiting[0]);
        self.max = self.max.max(waiting[waiting.len() - 1]);
        let singles: Vec<_> = waiting
            .iter()
            .map(|&mean| Centroid { mean, weight: 1.0 })
            .collect();
        self.combine(&singles);
        waiting.clear();
        self.waiting = waiting;
    }

    /// Merges sorted centroids with those held.
    fn combine(&mut self, new: &[Centroid]) {
        let old = std::mem::take(&mut self.centroids);
        let total: f64 = new.iter().chain(&old).map(|centroid| centroid.weight).sum();
        let mut merged = Vec::with_capacity((new.len() + old.len()).min(1100));
        let (mut new, mut old) = (new.iter().peekable(), old.iter().peekable());
        let mut next = || match (new.peek(), old.peek()) {
            (Some(a), Some(b)) if a.mean <= b.mean => new.next(),
            (Some(_), None) => new.next(),
            _ => old.next(),
        };
        let Some(&first) = next() else { return };
        let mut current = first;
        let mut done = first.weight;
        let mut limit = total * quantile_of(1.0);
        while let Some(centroid) = next() {
            if done + centroid.weight <= limit {
                current.weight += centroid.weight;
                current.mean += centroid.weight * (centroid.mean - current.mean) / current.weight;
            } else {
                limit = total * quantile_of(scale_of(done / total) + 1.0);
                merged.push(current);
                current = *centroid;
            }
            done += centroid.weight;
        }
        merged.push(current);
        self.centroids = merged;
    }

    fn quantile(&self, q: f64) -> f64 {
        let [first, .., last] = self.centroids.as_slice() else {
            // Without values there is no percentile, but the result stays valid JSON.
            return self.centroids.first().map_or(0.0, |only| only.mean);
        };
        let total: f64 = self.centroids.iter().map(|centroid| centroid.weight).sum();
        let index = q * total;
        if index < first.weight / 2.0 {
            return self.min + 2.0 * index / first.weight * (first.mean - self.min);
        }
        let mut before = 0.0;
        let mut previous: Option<(f64, Centroid)> = None;
        for centroid in &self.centroids {
            let middle = before + centroid.weight / 2.0;
            if middle >= index {
                return match previous {
                    Some((at, left)) => {
                        between(left.mean, middle - index, centroid.mean, index - at)
                    }
                    None => centroid.mean,
                };
            }
            previous = Some((middle, *centroid));
            before += centroid.weight;
        }
        let past = index - (total - last.weight / 2.0);
        between(last.mean, last.weight / 2.0 - past, self.max, past)
    }
}

impl Sketch for Digest {
    type Row = (Float,);

    const NAME: &'static str = "px_quantiles";

    #[inline]
    fn add(&mut self, (value,): (f64,)) -> usize {
        if value.is_nan() {
            return 0;
        }
        let mut grown = 0;
        if self.waiting.len() == self.waiting.capacity() {
            grown = self.make_room();
        }
        self.waiting.push(value);
        grown
    }

    fn encode(&self, out: &mut Vec<u8>) {
        #[allow(
            clippy::cast_precision_loss,
            reason = "there are few thousand centroids"
        )]
        let count = self.centroids.len() as f64;
        let mut push = |number: f64| out.extend_from_slice(&number.to_le_bytes());
        push(self.min);
        push(self.max);
        push(count);
        for centroid in &self.centroids {
            push(centroid.mean);
            push(centroid.weight);
        }
        for &value in &self.waiting {
            push(value);
        }
    }

    fn merge(&mut self, state: &[u8]) -> Result<()> {
        let bad = || exec_datafusion_err!("a partial state of `quantiles` is damaged");
        let (numbers, []) = state.as_chunks::<8>() else {
            return Err(bad());
        };
        let mut numbers = numbers.iter().map(|bytes| f64::from_le_bytes(*bytes));
        let (Some(min), Some(max), Some(count)) = (numbers.next(), numbers.next(), numbers.next())
        else {
            return Err(bad());
        };
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a whole number, and against the length"
        )]
        let centroids = count as usize;
        let is_count = count >= 0.0 && count.fract() == 0.0 && centroids <= numbers.len() / 2;
        if !is_count || min.is_nan() || max.is_nan() {
            return Err(bad());
        }
        let mut other = Vec::with_capacity(centroids);
        for _ in 0..centroids {
            match (numbers.next(), numbers.next()) {
                (Some(mean), Some(weight)) if weight > 0.0 => other.push(Centroid { mean, weight }),
                _ => return Err(bad()),
            }
        }
        self.min = self.min.min(min);
        self.max = self.max.max(max);
        if !other.is_empty() {
            self.compress();
            self.combine(&other);
        }
        for value in numbers {
            self.add((value,));
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<String> {
        Ok(self.json())
    }

    fn heap_bytes(&self) -> usize {
        self.waiting.capacity() * size_of::<f64>()
            + self.centroids.capacity() * size_of::<Centroid>()
    }
}

/// Returns the weighted mean of two values, kept between them.
fn between(a: f64, a_weight: f64, b: f64, b_weight: f64) -> f64 {
    if a_weight + b_weight <= 0.0 {
        return b;
    }
    let mean = (a * a_weight + b * b_weight) / (a_weight + b_weight);
    mean.clamp(a.min(b), a.max(b))
}

/// Returns the place on the scale of a quantile.
fn scale_of(quantile: f64) -> f64 {
    COMPRESSION * ((2.0 * quantile - 1.0).clamp(-1.0, 1.0).asin() + FRAC_PI_2) / PI
}

/// Returns the quantile of a place on the scale.
fn quantile_of(place: f64) -> f64 {
    ((place.min(COMPRESSION) * PI / COMPRESSION - FRAC_PI_2).sin() + 1.0) / 2.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(values: impl IntoIterator<Item = f64>) -> Digest {
        let mut digest = Digest::default();
        for value in values {
            digest.add((value,));
        }
        digest.compress();
        digest
    }

    fn check(values: impl IntoIterator<Item = f64>, want: [f64; 7]) {
        let digest = all(values);
        for ((name, q), want) in QUANTILES.iter().zip(want) {
            let got = digest.quantile(*q);
            assert!(
                (got - want).abs() < 1e-9,
                "{name}: got {got}, expected {want}"
            );
        }
    }

    #[test]
    fn vectors() {
        check(
            [1.234, 2.442, 1.04, 5.322, 6.333],
            [1.04, 1.04, 1.1855, 2.442, 5.57475, 6.333, 6.333],
        );
        check(
            [1.0, 2.0, 2.0, 1.0, 1.0, 5.0, 6.0],
            [1.0, 1.0, 1.0, 2.0, 4.25, 5.8, 6.0],
        );
        check([10.0], [10.0; 7]);
        check([1.0, 2.0], [1.0, 1.0, 1.0, 1.5, 2.0, 2.0, 2.0]);
        check(
            [100.0, 200.0, 300.0, 400.0],
            [100.0, 100.0, 150.0, 250.0, 350.0, 400.0, 400.0],
        );
        check(
            (1..=10).map(f64::from),
            [1.0, 1.5, 3.0, 5.5, 8.0, 9.5, 10.0],
        );
        check(
            (1..=100).map(f64::from),
            [1.5, 10.5, 25.5, 50.5, 75.5, 90.5, 99.5],
        );
        check(
            (1..=1000).map(f64::from),
            [10.5, 100.5, 250.5, 500.5, 750.5, 900.5, 990.5],
        );
        check(
            [0.0, 0.0, 0.0, 100.0],
            [0.0, 0.0, 0.0, 0.0, 50.0, 100.0, 100.0],
        );
        check(
            [-5.0, -4.0, -3.0, -2.0, -1.0],
            [-5.0, -5.0, -4.25, -3.0, -1.75, -1.0, -1.0],
        );
    }

    #[test]
    fn no_values_give_valid_json() {
        let mut digest = all([f64::NAN]);
        assert!(digest.json().starts_with("{\"p01\":0.0,"));
    }

    #[test]
    fn many_values_keep_their_percentiles_within_bounds() {
        // A multiplicative generator covers 1..=N once each in scrambled order.
        let n = 1_000_003_u64;
        let values = (1..n).map(|i| (i * 7919 % n) as f64);
        let digest = all(values);
        assert!(
            digest.centroids.len() <= 2000,
            "{} centroids",
            digest.centroids.len()
        );
        for (name, q) in QUANTILES {
            let error = (digest.quantile(q) / n as f64 - q).abs();
            assert!(error < 0.0005, "{name} is off by {error}");
        }
    }

    #[test]
    fn merging_digests_is_as_accurate_as_one() {
        let n = 100_000;
        let mut merged = Digest::default();
        for part in 0..7 {
            let digest = all((0..n).filter(|i| i % 7 == part).map(f64::from));
            let mut state = Vec::new();
            digest.encode(&mut state);
            merged.merge(&state).unwrap();
        }
        for (name, q) in QUANTILES {
            let error = (merged.quantile(q) / f64::from(n) - q).abs();
            assert!(error < 0.001, "{name} is off by {error}");
        }
    }

    #[test]
    fn a_damaged_state_is_refused() {
        let state = |numbers: &[f64]| -> Vec<u8> {
            numbers
                .iter()
                .flat_map(|number| number.to_le_bytes())
                .collect()
        };
        let mut whole = Digest::default();
        // Bounds, one centroid, one value that waits.
        whole
            .merge(&state(&[1.0, 9.0, 1.0, 5.0, 3.0, 9.0]))
            .unwrap();
        assert_eq!(whole.centroids.len() + whole.waiting.len(), 2);
        for bad in [
            vec![0; 7],
            vec![0; 16],
            // Nothing but NaN.
            vec![255; 24],
            state(&[f64::NAN, 9.0, 0.0]),
            state(&[1.0, f64::NAN, 0.0]),
            state(&[1.0, 9.0, f64::NAN]),
            // More centroids than follow, less than none, half of one.
            state(&[1.0, 9.0, 5.0]),
            state(&[1.0, 9.0, -1.0]),
            state(&[1.0, 9.0, 0.5, 5.0, 3.0]),
            // Centroids of no weight.
            state(&[1.0, 9.0, 1.0, 5.0, 0.0]),
            state(&[1.0, 9.0, 1.0, 5.0, f64::NAN]),
        ] {
            let mut digest = Digest::default();
            assert!(digest.merge(&bad).is_err(), "{bad:?}");
            assert_eq!((digest.min, digest.centroids.len()), (f64::INFINITY, 0));
        }
    }
}
