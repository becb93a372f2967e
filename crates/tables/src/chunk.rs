//! An immutable run of rows, sorted by time, whose size in bytes is known exactly.

use crate::allocations::{Allocation, allocations_of};
use crate::{TableError, text};
use arrow::array::types::{TimestampNanosecondType, UInt32Type};
use arrow::array::{
    Array, ArrayRef, AsArray, MutableArrayData, RecordBatch, UInt32Array, make_array,
};
use arrow::compute::take;
use nixie_types::TableSpec;

/// Rows of one table. The first column is the time, ascending; rows of equal time keep the order
/// in which they arrived.
#[derive(Debug)]
pub(crate) struct Chunk {
    columns: Vec<ArrayRef>,
    rows: usize,
    bytes: usize,
    allocations: Vec<Allocation>,
}

impl Chunk {
    /// Makes a chunk of a batch in the storage schema: sorts it and gives back spare memory.
    /// Returns nothing for a batch without rows.
    pub(crate) fn from_batch(
        spec: &'static TableSpec,
        batch: RecordBatch,
    ) -> Result<Option<Self>, TableError> {
        check_schema(spec, &batch)?;
        let (_, columns, rows) = batch.into_parts();
        if rows == 0 {
            return Ok(None);
        }
        Self::from_columns(columns).map(Some)
    }

    /// Makes a chunk of equally long, non-empty columns.
    pub(crate) fn from_columns(columns: Vec<ArrayRef>) -> Result<Self, TableError> {
        let columns = match sorted_order(times_of(&columns)) {
            Some(order) => reorder(&columns, &order)?,
            None => columns,
        };
        let columns: Vec<ArrayRef> = columns.into_iter().map(shrink).collect::<Result<_, _>>()?;
        let allocations = allocations_of(&columns);
        let bytes = allocations.iter().map(|allocation| allocation.1).sum();
        Ok(Self {
            rows: columns[0].len(),
            columns,
            bytes,
            allocations,
        })
    }

    /// Returns copies of the first and the second half of the rows.
    pub(crate) fn halves(&self) -> Result<[Self; 2], TableError> {
        let middle = self.rows / 2;
        Ok([self.part(0, middle)?, self.part(middle, self.rows)?])
    }

    fn part(&self, from: usize, to: usize) -> Result<Self, TableError> {
        let part_of = |column: &ArrayRef| {
            if text::is_text(column) {
                // A dictionary shared by both halves would make each as large as the whole.
                text::unify(&[column.slice(from, to - from)])
            } else {
                copy(column, from, to)
            }
        };
        Self::from_columns(self.columns.iter().map(part_of).collect::<Result<_, _>>()?)
    }

    /// Returns the columns, as they are stored.
    pub(crate) fn columns(&self) -> &[ArrayRef] {
        &self.columns
    }

    /// Returns the number of rows; never 0.
    pub(crate) const fn rows(&self) -> usize {
        self.rows
    }

    /// Returns false if no row of a column has a text, as its dictionary tells; true where that is
    /// not known.
    pub(crate) fn may_contain(&self, column: usize, text: &str) -> bool {
        let column = self.columns.get(column);
        let dictionary = column.and_then(|column| column.as_any_dictionary_opt());
        let Some(values) = dictionary.and_then(|known| known.values().as_string_opt::<i32>())
        else {
            return true;
        };
        values.iter().any(|value| value == Some(text))
    }

    /// Returns the size of all allocations in use, also of those shared with other chunks.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Returns the allocations in use.
    pub(crate) fn allocations(&self) -> &[Allocation] {
        &self.allocations
    }

    /// Returns the times of all rows, ascending.
    pub(crate) fn times(&self) -> &[i64] {
        times_of(&self.columns)
    }

    /// Returns the time of the oldest row.
    pub(crate) fn min_time_ns(&self) -> i64 {
        self.times()[0]
    }

    /// Returns the time of the newest row.
    pub(crate) fn max_time_ns(&self) -> i64 {
        self.times()[self.rows - 1]
    }
}

fn check_schema(spec: &'static TableSpec, batch: &RecordBatch) -> Result<(), TableError> {
    let wrong = |seen: String| TableError::WrongSchema {
        table: spec.name,
        seen,
    };
    if batch.num_columns() != spec.columns.len() {
        let (got, expected) = (batch.num_columns(), spec.columns.len());
        return Err(wrong(format!("got {got} columns, expected {expected}")));
    }
    for (column, array) in spec.columns.iter().zip(batch.columns()) {
        let (got, expected) = (array.data_type(), column.storage_type());
        if *got != expected {
            let name = column.name;
            return Err(wrong(format!(
                "column `{name}` is {got}, expected {expected}"
            )));
        }
        if array.logical_null_count() > 0 {
            return Err(wrong(format!("column `{}` holds nulls", column.name)));
        }
    }
    Ok(())
}

fn times_of(columns: &[ArrayRef]) -> &[i64] {
    columns[0]
        .as_primitive::<TimestampNanosecondType>()
        .values()
}

/// Returns the order that sorts the times, or nothing when they are sorted already.
#[allow(
    clippy::cast_possible_truncation,
    reason = "a batch holds under 2^32 rows"
)]
fn sorted_order(times: &[i64]) -> Option<UInt32Array> {
    if times.is_sorted() {
        return None;
    }
    let mut order: Vec<u32> = (0..times.len() as u32).collect();
    order.sort_by_key(|&row| times[row as usize]);
    Some(UInt32Array::from(order))
}

fn reorder(columns: &[ArrayRef], order: &UInt32Array) -> Result<Vec<ArrayRef>, TableError> {
    columns
        .iter()
        .map(|column| Ok(take(column, order, None)?))
        .collect()
}

/// Gives back spare memory: in place where the memory is not shared, by a copy where an array
/// uses less than three quarters of what it would hold on to.
fn shrink(mut column: ArrayRef) -> Result<ArrayRef, TableError> {
    column.shrink_to_fit();
    let own = without_dictionary(&column);
    let held: usize = allocations_of(std::slice::from_ref(&own))
        .iter()
        .map(|held| held.1)
        .sum();
    let used = own.to_data().get_slice_memory_size().unwrap_or(held);
    if used * 4 < held * 3 {
        copy(&column, 0, column.len())
    } else {
        Ok(column)
    }
}

/// Returns the keys of a dictionary column, other columns as they are. A dictionary is shared
/// on purpose and says nothing about spare memory.
fn without_dictionary(column: &ArrayRef) -> ArrayRef {
    match column.as_dictionary_opt::<UInt32Type>() {
        Some(dictionary) => std::sync::Arc::new(dictionary.keys().clone()),
        None => std::sync::Arc::clone(column),
    }
}

/// Copies rows into memory of their own.
fn copy(column: &ArrayRef, from: usize, to: usize) -> Result<ArrayRef, TableError> {
    let data = column.to_data();
    let mut copied = MutableArrayData::new(vec![&data], false, to - from);
    copied.try_extend(0, from, to)?;
    let mut array = make_array(copied.freeze());
    array.shrink_to_fit();
    Ok(array)
}
