//! `sample`

use crate::aggregates::{AggregateOverload, Sketch, udaf};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::Semantics;
use crate::value::Str;
use datafusion_common::{Result, exec_datafusion_err};
use datafusion_expr::{AggregateUDF, Volatility};
use fastrand::Rng;
use nixie_types::DataType;
use std::sync::{Arc, LazyLock};

/// `sample`
pub(crate) const SAMPLE: Function = Function {
    name: "sample",
    family: Family::Aggregates,
    doc: "Returns the value of one of the rows, each with the same chance. For no rows it is the \
          empty text.",
    example: Example {
        args: &[Datum::Text("a"), Datum::Text("a")],
        result: Datum::Text("a"),
    },
    semantics: Semantics::None,
    body: Body::Aggregate(&[AggregateOverload::own(
        &["column"],
        &[DataType::String],
        DataType::String,
        || Arc::clone(&UDAF),
    )]),
};

static UDAF: LazyLock<Arc<AggregateUDF>> = LazyLock::new(udaf::<Sample>);

/// A reservoir of one row. State: the number of rows, as little-endian u64, then the pick.
#[derive(Debug)]
struct Sample {
    rows: u64,
    pick: String,
    random: Rng,
}

impl Default for Sample {
    fn default() -> Self {
        Self {
            rows: 0,
            pick: String::new(),
            random: Rng::new(),
        }
    }
}

impl Sample {
    /// Takes the pick of some rows, with the chance that they are due beside those seen.
    fn take(&mut self, rows: u64, pick: &str) {
        self.rows = self.rows.saturating_add(rows);
        if rows > 0 && self.random.u64(0..self.rows) < rows {
            pick.clone_into(&mut self.pick);
        }
    }
}

impl Sketch for Sample {
    type Row = (Str,);

    const NAME: &'static str = "px_sample";
    const VOLATILITY: Volatility = Volatility::Volatile;

    fn add(&mut self, (value,): (&str,)) -> usize {
        let before = self.pick.capacity();
        self.take(1, value);
        self.pick.capacity() - before
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.rows.to_le_bytes());
        out.extend_from_slice(self.pick.as_bytes());
    }

    fn merge(&mut self, state: &[u8]) -> Result<()> {
        let bad = || exec_datafusion_err!("a partial state of `sample` is damaged");
        let (rows, pick) = state.split_first_chunk().ok_or_else(bad)?;
        let pick = str::from_utf8(pick).map_err(|_| bad())?;
        self.take(u64::from_le_bytes(*rows), pick);
        Ok(())
    }

    fn finish(&mut self) -> Result<String> {
        Ok(std::mem::take(&mut self.pick))
    }

    fn heap_bytes(&self) -> usize {
        self.pick.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeded(seed: u64) -> Sample {
        Sample {
            random: Rng::with_seed(seed),
            ..Sample::default()
        }
    }

    #[test]
    fn every_row_has_the_same_chance_whether_merged_or_not() {
        let values = ["a", "b", "c", "d"];
        let mut picks = [[0_u32; 4]; 2];
        for seed in 0..4000 {
            let mut whole = seeded(seed);
            for value in values {
                whole.add((value,));
            }
            // One row beside three.
            let (mut left, mut right) = (seeded(seed), seeded(seed + 1_000_000));
            left.add(("a",));
            for value in &values[1..] {
                right.add((value,));
            }
            let mut state = Vec::new();
            right.encode(&mut state);
            left.merge(&state).unwrap();
            for (sample, picks) in [whole, left].iter_mut().zip(&mut picks) {
                let pick = sample.finish().unwrap();
                picks[values.iter().position(|value| *value == pick).unwrap()] += 1;
            }
        }
        for count in picks.as_flattened() {
            // Six standard deviations around a quarter.
            assert!((835..1165).contains(count), "{picks:?}");
        }
    }

    #[test]
    fn no_rows_give_the_empty_text_and_damage_is_refused() {
        let (mut empty, mut state) = (Sample::default(), Vec::new());
        empty.encode(&mut state);
        let mut merged = Sample::default();
        merged.merge(&state).unwrap();
        assert_eq!(merged.finish().unwrap(), "");
        assert_eq!(empty.finish().unwrap(), "");
        assert!(merged.merge(b"short").is_err());
        assert!(merged.merge(b"12345678\xff").is_err());
    }
}
