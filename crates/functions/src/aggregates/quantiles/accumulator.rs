//! The digest of each group of an aggregation.

use crate::aggregates::quantiles::digest::{Digest, encode_value};
use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, StringViewBuilder};
use arrow::datatypes::Float64Type;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::{Accumulator, EmitTo, GroupsAccumulator};
use std::sync::Arc;

/// One digest over all rows.
#[derive(Debug, Default)]
pub(crate) struct Single {
    digest: Digest,
}

impl Accumulator for Single {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        for &value in values[0].as_primitive::<Float64Type>().values() {
            self.digest.add(value);
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Utf8View(Some(self.digest.json())))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.digest.heap_bytes()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut bytes = Vec::new();
        self.digest.encode(&mut bytes);
        Ok(vec![ScalarValue::Binary(Some(bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for state in states[0].as_binary::<i32>().iter().flatten() {
            self.digest.merge(state)?;
        }
        Ok(())
    }
}

/// A digest for each group.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    digests: Vec<Digest>,
    /// Kept up to date, as the engine asks after every batch.
    heap_bytes: usize,
}

impl Groups {
    fn take(&mut self, emit_to: EmitTo) -> Vec<Digest> {
        let taken = emit_to.take_needed(&mut self.digests);
        self.heap_bytes = self.digests.iter().map(Digest::heap_bytes).sum();
        taken
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
        self.digests.resize_with(total_num_groups, Digest::default);
        let input = values[0].as_primitive::<Float64Type>();
        for (row, (&group, &value)) in group_indices.iter().zip(input.values()).enumerate() {
            if filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row)) {
                self.heap_bytes += self.digests[group].add(value);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut out = StringViewBuilder::new();
        for mut digest in self.take(emit_to) {
            out.try_append_value(digest.json())?;
        }
        Ok(Arc::new(out.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut out = BinaryBuilder::new();
        let mut bytes = Vec::new();
        for mut digest in self.take(emit_to) {
            bytes.clear();
            digest.encode(&mut bytes);
            out.append_value(&bytes);
        }
        Ok(vec![Arc::new(out.finish())])
    }

    fn merge_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        total_num_groups: usize,
    ) -> Result<()> {
        self.digests.resize_with(total_num_groups, Digest::default);
        let states = values[0].as_binary::<i32>();
        for (row, &group) in group_indices.iter().enumerate() {
            if states.is_valid(row) {
                let before = self.digests[group].heap_bytes();
                self.digests[group].merge(states.value(row))?;
                self.heap_bytes += self.digests[group].heap_bytes().saturating_sub(before);
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let input = values[0].as_primitive::<Float64Type>();
        let mut out = BinaryBuilder::new();
        for (row, &value) in input.values().iter().enumerate() {
            if filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row)) {
                out.append_value(encode_value(value));
            } else {
                out.append_null();
            }
        }
        Ok(vec![Arc::new(out.finish())])
    }

    fn size(&self) -> usize {
        self.digests.capacity() * size_of::<Digest>() + self.heap_bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Float64Array;

    #[test]
    fn partial_states_merge_to_the_whole() {
        let all: Vec<f64> = (0..1000).map(f64::from).collect();
        let mut whole = Single::default();
        whole
            .update_batch(&[Arc::new(Float64Array::from(all.clone()))])
            .unwrap();
        let mut merged = Groups::default();
        for part in all.chunks(300) {
            let values: ArrayRef = Arc::new(Float64Array::from(part.to_vec()));
            let mut groups = Groups::default();
            groups
                .update_batch(&[values], &vec![0; part.len()], None, 1)
                .unwrap();
            let state = groups.state(EmitTo::All).unwrap();
            assert_eq!(groups.size(), 0);
            merged.merge_batch(&state, &[0], 1).unwrap();
        }
        let result = merged.evaluate(EmitTo::All).unwrap();
        let want = whole.evaluate().unwrap();
        assert_eq!(ScalarValue::try_from_array(&result, 0).unwrap(), want);
    }

    #[test]
    fn rows_converted_to_states_merge_like_rows() {
        let values: ArrayRef = Arc::new(Float64Array::from(vec![1.0, 2.0, f64::NAN]));
        let mut groups = Groups::default();
        let state = groups.convert_to_state(&[values], None).unwrap();
        groups.merge_batch(&state, &[0, 0, 0], 1).unwrap();
        let result = groups.evaluate(EmitTo::All).unwrap();
        assert!(result.as_string_view().value(0).contains("\"p50\":1.5"));
    }
}
