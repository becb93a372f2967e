//! The largest and smallest float of a column, passing over NaN.

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Float64Array};
use arrow::datatypes::{DataType as ArrowType, Float64Type};
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use std::sync::{Arc, LazyLock};

static MAX: LazyLock<Arc<AggregateUDF>> =
    LazyLock::new(|| Arc::new(AggregateUDF::from(Extreme::new(Side::Max))));
static MIN: LazyLock<Arc<AggregateUDF>> =
    LazyLock::new(|| Arc::new(AggregateUDF::from(Extreme::new(Side::Min))));

/// Returns the aggregate of the largest float.
pub(crate) fn max() -> Arc<AggregateUDF> {
    Arc::clone(&MAX)
}

/// Returns the aggregate of the smallest float.
pub(crate) fn min() -> Arc<AggregateUDF> {
    Arc::clone(&MIN)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

#[derive(Debug, PartialEq, Eq, Hash)]
struct Extreme {
    side: Side,
    signature: Signature,
}

impl Extreme {
    fn new(side: Side) -> Self {
        Self {
            side,
            signature: Signature::exact(vec![ArrowType::Float64], Volatility::Immutable),
        }
    }
}

impl AggregateUDFImpl for Extreme {
    fn name(&self) -> &str {
        match self.side {
            Side::Max => "px_max_float",
            Side::Min => "px_min_float",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> Result<ArrowType> {
        Ok(ArrowType::Float64)
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Single {
            side: self.side,
            value: self.side.start(),
        }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<arrow::datatypes::FieldRef>> {
        super::quantiles::state_field(&args, ArrowType::Float64)
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups {
            side: self.side,
            values: Vec::new(),
        }))
    }
}

#[derive(Debug)]
struct Single {
    side: Side,
    value: f64,
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
