//! Aggregates whose state is anything that can be sent as bytes, and whose result is a text.

use crate::aggregates::own::Own;
use crate::kernel::Input;
use crate::row::Row;
use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, StringViewBuilder};
use arrow::datatypes::DataType as ArrowType;
use datafusion_common::{Result, ScalarValue};
use datafusion_expr::{
    Accumulator, AggregateUDF, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use std::fmt::Debug;
use std::sync::Arc;

/// The state of one group.
pub(crate) trait Sketch: Debug + Default + Send + Sync + 'static {
    /// Types of the columns.
    type Row: Row;

    /// Name in plans.
    const NAME: &'static str;

    /// Whether its result is the same each time.
    const VOLATILITY: Volatility = Volatility::Immutable;

    /// Facts about the resulting column.
    const METADATA: &'static [(&'static str, &'static str)] = &[];

    /// Takes a row, and returns by how many bytes the state has grown.
    fn add(&mut self, row: <Self::Row as Row>::In<'_>) -> usize;

    /// Appends the state to `out`.
    fn encode(&self, out: &mut Vec<u8>);

    /// Takes all that an encoded state holds.
    fn merge(&mut self, state: &[u8]) -> Result<()>;

    /// Returns the result.
    fn finish(&mut self) -> Result<String>;

    /// Returns the number of bytes on the heap.
    fn heap_bytes(&self) -> usize;
}

/// Returns the engine's form of a sketch.
pub(crate) fn udaf<S: Sketch>() -> Arc<AggregateUDF> {
    let types = S::Row::TYPES.iter().map(|arg| arg.arrow());
    Own {
        name: S::NAME,
        signature: Signature::exact(types.collect(), S::VOLATILITY),
        returns: |_| ArrowType::Utf8View,
        state: |_| ArrowType::Binary,
        single: |_| Ok(Box::new(Single::<S>::default())),
        groups: |_| Ok(Box::new(Groups::<S>::default())),
        metadata: S::METADATA,
    }
    .udaf()
}

fn inputs(arrays: &[ArrayRef]) -> Vec<Input> {
    let input = |array| Input {
        array: Arc::clone(array),
        mask: usize::MAX,
    };
    arrays.iter().map(input).collect()
}

/// One state over all rows.
#[derive(Debug, Default)]
struct Single<S> {
    sketch: S,
}

impl<S: Sketch> Accumulator for Single<S> {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let inputs = inputs(values);
        let columns = S::Row::columns(&inputs)?;
        for row in 0..values[0].len() {
            self.sketch.add(S::Row::at(&columns, row));
        }
        Ok(())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        Ok(ScalarValue::Utf8View(Some(self.sketch.finish()?)))
    }

    fn size(&self) -> usize {
        size_of::<Self>() + self.sketch.heap_bytes()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        let mut bytes = Vec::new();
        self.sketch.encode(&mut bytes);
        Ok(vec![ScalarValue::Binary(Some(bytes))])
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        for state in states[0].as_binary::<i32>().iter().flatten() {
            self.sketch.merge(state)?;
        }
        Ok(())
    }
}

/// A state for each group.
#[derive(Debug, Default)]
struct Groups<S> {
    sketches: Vec<S>,
    /// Kept up to date, as the engine asks after every batch.
    heap_bytes: usize,
}

impl<S: Sketch> Groups<S> {
    fn take(&mut self, emit_to: EmitTo) -> Vec<S> {
        let taken = emit_to.take_needed(&mut self.sketches);
        self.heap_bytes = self.sketches.iter().map(S::heap_bytes).sum();
        taken
    }
}

fn is_kept(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|filter| filter.is_valid(row) && filter.value(row))
}

impl<S: Sketch> GroupsAccumulator for Groups<S> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total_num_groups: usize,
    ) -> Result<()> {
        self.sketches.resize_with(total_num_groups, S::default);
        let inputs = inputs(values);
        let columns = S::Row::columns(&inputs)?;
        for (row, &group) in group_indices.iter().enumerate() {
            if is_kept(filter, row) {
                self.heap_bytes += self.sketches[group].add(S::Row::at(&columns, row));
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut out = StringViewBuilder::new();
        for mut sketch in self.take(emit_to) {
            out.try_append_value(sketch.finish()?)?;
        }
        Ok(Arc::new(out.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut out = BinaryBuilder::new();
        let mut bytes = Vec::new();
        for sketch in self.take(emit_to) {
            bytes.clear();
            sketch.encode(&mut bytes);
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
        self.sketches.resize_with(total_num_groups, S::default);
        let states = values[0].as_binary::<i32>();
        for (row, &group) in group_indices.iter().enumerate() {
            if states.is_valid(row) {
                let before = self.sketches[group].heap_bytes();
                self.sketches[group].merge(states.value(row))?;
                self.heap_bytes += self.sketches[group].heap_bytes().saturating_sub(before);
            }
        }
        Ok(())
    }

    fn convert_to_state(
        &self,
        values: &[ArrayRef],
        filter: Option<&BooleanArray>,
    ) -> Result<Vec<ArrayRef>> {
        let inputs = inputs(values);
        let columns = S::Row::columns(&inputs)?;
        let mut out = BinaryBuilder::new();
        let mut bytes = Vec::new();
        for row in 0..values[0].len() {
            if is_kept(filter, row) {
                let mut sketch = S::default();
                sketch.add(S::Row::at(&columns, row));
                bytes.clear();
                sketch.encode(&mut bytes);
                out.append_value(&bytes);
            } else {
                out.append_null();
            }
        }
        Ok(vec![Arc::new(out.finish())])
    }

    fn size(&self) -> usize {
        self.sketches.capacity() * size_of::<S>() + self.heap_bytes
    }
}
