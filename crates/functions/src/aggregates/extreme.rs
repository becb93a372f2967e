//! The largest and smallest float of a column, passing over NaN.

use crate::aggregates::own::Own;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::datatypes::{DataType as ArrowType, Float64Type};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::{Accumulator, AggregateUDF, EmitTo, GroupsAccumulator};
use std::sync::{Arc, LazyLock};

/// Returns the aggregate of the largest float.
pub(crate) fn max() -> Arc<AggregateUDF> {
    static MAX: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| {
        extreme(
            "px_max_float",
            |_| Ok(Single::boxed(Side::Max)),
            |_| Ok(Groups::boxed(Side::Max)),
        )
    });
    Arc::clone(&MAX)
}

/// Returns the aggregate of the smallest float.
pub(crate) fn min() -> Arc<AggregateUDF> {
    static MIN: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| {
        extreme(
            "px_min_float",
            |_| Ok(Single::boxed(Side::Min)),
            |_| Ok(Groups::boxed(Side::Min)),
        )
    });
    Arc::clone(&MIN)
}

fn extreme(
    name: &'static str,
    single: fn(&ArrowType) -> Result<Box<dyn Accumulator>>,
    groups: fn(&ArrowType) -> Result<Box<dyn GroupsAccumulator>>,
) -> Arc<AggregateUDF> {
    Own {
        name,
        signature: Own::takes(vec![ArrowType::Float64]),
        returns: |_| ArrowType::Float64,
        state: ArrowType::clone,
        single,
        groups,
        metadata: &[],
    }
    .udaf()
}

#[derive(Clone, Copy, Debug)]
enum Side {
    Max,
    Min,
}

impl Side {
    const fn start(self) -> f64 {
        match self {
            Self::Max => f64::NEG_INFINITY,
            Self::Min => f64::MAX,
        }
    }

    fn beats(self, new: f64, old: f64) -> bool {
        match self {
            Self::Max => new > old,
            Self::Min => new < old,
        }
    }
}

#[derive(Debug)]
struct Single {
    side: Side,
    value: f64,
}

impl Single {
    fn boxed(side: Side) -> Box<dyn Accumulator> {
        let value = side.start();
        Box::new(Self { side, value })
    }
}

impl Accumulator for Single {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for &value in values[0].as_primitive::<Float64Type>().values() {
            if self.side.beats(value, self.value) {
                self.value = value;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Float64(Some(self.value)))
    }

    fn size(&self) -> usize {
        size_of::<Self>()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.evaluate()?])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}

struct Groups {
    side: Side,
    values: Vec<f64>,
}

impl Groups {
    fn boxed(side: Side) -> Box<dyn GroupsAccumulator> {
        let values = Vec::new();
        Box::new(Self { side, values })
    }
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.values.resize(total_num_groups, self.side.start());
        let input = values[0].as_primitive::<Float64Type>();
        for (row, (&group, &value)) in group_indices.iter().zip(input.values()).enumerate() {
            if filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
                && self.side.beats(value, self.values[group])
            {
                self.values[group] = value;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(Arc::new(Float64Array::from(
            emit_to.take_needed(&mut self.values),
        )))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.evaluate(emit_to)?])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.update_batch(values, group_indices, None, total_num_groups)
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let input = values[0].as_primitive::<Float64Type>();
        let start = self.side.start();
        let state = input.values().iter().enumerate().map(|(row, &value)| {
            let kept = filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row));
            if kept && self.side.beats(value, start) {
                value
            } else {
                start
            }
        });
        Ok(vec![Arc::new(Float64Array::from_iter_values(state))])
    }

    fn size(&self) -> usize {
        self.values.capacity() * size_of::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(side: Side, values: Vec<f64>) -> f64 {
        let mut one = Single {
            side,
            value: side.start(),
        };
        one.update_batch(&[Arc::new(Float64Array::from(values))])
            .unwrap();
        one.value
    }

    #[test]
    fn negative_values_and_nan() {
        assert_eq!(run(Side::Max, vec![-4.6, -2.25, f64::NAN]), -2.25);
        assert_eq!(
            run(Side::Min, vec![f64::NAN, -4.641, 2.25, 1.1, -1.12]),
            -4.641
        );
        assert_eq!(run(Side::Min, vec![]), f64::MAX);
    }

    #[test]
    fn groups_keep_apart_and_merge() {
        let mut groups = Groups {
            side: Side::Max,
            values: Vec::new(),
        };
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 5.0, 3.0, f64::NAN]));
        groups
            .update_batch(&[Arc::clone(&values)], &[0, 1, 0, 1], None, 2)
            .unwrap();
        let state = groups.convert_to_state(&[values], None).unwrap();
        groups.merge_batch(&state, &[1, 0, 1, 0], 2).unwrap();
        let result = groups.evaluate(EmitTo::All).unwrap();
        assert_eq!(
            result.as_primitive::<Float64Type>().values().to_vec(),
            [5.0, 5.0]
        );
    }
}
