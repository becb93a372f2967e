//! `any`

use crate::aggregates::AggregateOverload;
use crate::aggregates::own::Own;
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::Semantics;
use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::DataType as ArrowType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::{
    Accumulator, AggregateUDF, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use nixie_types::DataType;
use std::sync::{Arc, LazyLock};

/// `any`
pub(crate) const ANY: Function = Function {
    name: "any",
    family: Family::Aggregates,
    doc: "Returns the value of one of the rows, whichever was seen first. For no rows it is the \
          zero of the type.",
    example: Example {
        args: &[Datum::Text("a"), Datum::Text("a")],
        result: Datum::Text("a"),
    },
    semantics: Semantics::Inherit { of: &[], from: 0 },
    body: Body::Aggregate(&[
        of(&[DataType::Boolean], Datum::Bool(false)),
        of(&[DataType::Int64], Datum::Int(0)),
        of(&[DataType::UInt128], Datum::UInt128(0)),
        of(&[DataType::Float64], Datum::Float(0.0)),
        of(&[DataType::String], Datum::Text("")),
        of(&[DataType::Time64Ns], Datum::Time(0)),
    ]),
};

const fn of(arg: &'static [DataType; 1], empty: Datum) -> AggregateOverload {
    AggregateOverload::own(&["column"], arg, arg[0], || Arc::clone(&UDAF)).empty(empty)
}

static UDAF: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| {
    Own {
        name: "px_any",
        // Which row is seen first differs each time.
        signature: Signature::any(1, Volatility::Volatile),
        returns: |args| args.first().cloned().unwrap_or(ArrowType::Null),
        state: ArrowType::clone,
        single: |returns| {
            let value = ScalarValue::try_new_null(returns)?;
            Ok(Box::new(First { value }))
        },
        groups: |returns| {
            Ok(Box::new(Groups {
                none: ScalarValue::try_new_null(returns)?,
                firsts: Vec::new(),
                bytes: 0,
            }))
        },
        metadata: &[],
    }
    .udaf()
});

#[derive(Debug)]
struct First {
    value: ScalarValue,
}

impl Accumulator for First {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let array = &values[0];
        if self.value.is_null()
            && let Some(row) = (0..array.len()).find(|&row| array.is_valid(row))
        {
            self.value = ScalarValue::try_from_array(array, row)?;
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(self.value.clone())
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.value.size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![self.value.clone()])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }
}

struct Groups {
    none: ScalarValue,
    firsts: Vec<ScalarValue>,
    bytes: usize,
}

impl GroupsAccumulator for Groups {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.firsts.resize(total_num_groups, self.none.clone());
        let array = &values[0];
        for (row, &group) in group_indices.iter().enumerate() {
            if self.firsts[group].is_null()
                && array.is_valid(row)
                && filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
            {
                let value = ScalarValue::try_from_array(array, row)?;
                self.bytes += value.size();
                self.firsts[group] = value;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let firsts = emit_to.take_needed(&mut self.firsts);
        self.bytes = self.firsts.iter().map(ScalarValue::size).sum();
        if firsts.is_empty() {
            return Ok(arrow::array::new_empty_array(&self.none.data_type()));
        }
        ScalarValue::iter_to_array(firsts)
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
        let Some(filter) = filter else {
            return Ok(vec![Arc::clone(&values[0])]);
        };
        let keeps = match filter.null_count() {
            0 => filter.clone(),
            _ => arrow::compute::prep_null_mask_filter(filter),
        };
        let dropped = arrow::compute::not(&keeps)?;
        Ok(vec![arrow::compute::nullif(&values[0], &dropped)?])
    }

    fn size(&self) -> usize {
        self.firsts.capacity() * size_of::<ScalarValue>() + self.bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{AsArray, Int64Array, StringViewArray};
    use arrow::datatypes::Int64Type;

    #[test]
    fn the_first_row_of_each_group_wins_and_merging_keeps_it() {
        let none = ScalarValue::Int64(None);
        let mut groups = Groups {
            none,
            firsts: Vec::new(),
            bytes: 0,
        };
        let values: ArrayRef = Arc::new(Int64Array::from(vec![7, 8, 9]));
        groups
            .update_batch(&[Arc::clone(&values)], &[1, 0, 1], None, 2)
            .unwrap();
        groups.merge_batch(&[values], &[0, 1, 2], 3).unwrap();
        let first = groups.evaluate(EmitTo::First(1)).unwrap();
        assert_eq!(first.as_primitive::<Int64Type>().values().to_vec(), [8]);
        let rest = groups.evaluate(EmitTo::All).unwrap();
        assert_eq!(rest.as_primitive::<Int64Type>().values().to_vec(), [7, 9]);
    }

    #[test]
    fn a_single_group_takes_text() {
        let mut first = First {
            value: ScalarValue::Utf8View(None),
        };
        first
            .update_batch(&[Arc::new(StringViewArray::from(vec!["x", "y"]))])
            .unwrap();
        assert_eq!(
            first.evaluate().unwrap(),
            ScalarValue::Utf8View(Some("x".to_owned()))
        );
    }
}
