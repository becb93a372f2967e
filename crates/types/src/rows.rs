//! Builds rows of a table, column by column, and hands them over as Arrow batches.
//!
//! Sources and protocols write into [`Rows`]; the table store takes the batches. Text columns
//! with dictionary storage share repeated values within a batch. Byte counts are those of the
//! buffers in use, so that a producer can hand over before a limit.

use crate::table::{ColumnSpec, DataType, Encoding, TableSpec};
use crate::upid::Upid;
use arrow::array::{
    ArrayRef, BooleanArray, DictionaryArray, FixedSizeBinaryArray, Float64Array, Int64Array,
    RecordBatch, StringArray, TimestampNanosecondArray, UInt32Array,
};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use hashbrown::HashTable;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

/// Rows of one table that have not been handed over yet.
#[derive(Debug)]
pub struct Rows {
    spec: &'static TableSpec,
    columns: Vec<Column>,
    len: usize,
}

impl Rows {
    /// Returns an empty builder for a table.
    #[must_use]
    pub fn new(spec: &'static TableSpec) -> Self {
        Self {
            spec,
            columns: spec.columns.iter().map(Column::new).collect(),
            len: 0,
        }
    }

    /// Returns the table that the rows belong to.
    #[must_use]
    pub const fn spec(&self) -> &'static TableSpec {
        self.spec
    }

    /// Returns the number of complete rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns true when there are no rows.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the number of bytes that the values take.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.columns.iter().map(Column::bytes).sum()
    }

    /// Starts a row. Values follow in column order; [`Row::end`] completes it.
    pub fn row(&mut self) -> Row<'_> {
        Row {
            rows: self,
            next: 0,
        }
    }

    /// Takes all rows as one batch in the storage schema, or nothing when there are none.
    pub fn take(&mut self) -> Option<RecordBatch> {
        if self.len == 0 {
            return None;
        }
        let arrays = self.columns.iter_mut().map(Column::take).collect();
        self.len = 0;
        // INVARIANT: columns are made from the spec and `Row::end` keeps their lengths equal.
        #[allow(clippy::expect_used, reason = "see INVARIANT")]
        Some(
            RecordBatch::try_new(self.spec.storage_schema(), arrays)
                .expect("columns agree with the table specification"),
        )
    }
}

/// A row being written, value by value in column order.
///
/// # Panics
///
/// Writing a value of another type than the column's, or ending a row early, is a bug of the
/// producer and panics with the table and column names.
#[derive(Debug)]
#[must_use = "a row counts only once `end` is called"]
pub struct Row<'a> {
    rows: &'a mut Rows,
    next: usize,
}

impl Row<'_> {
    /// Writes a BOOLEAN.
    #[inline]
    pub fn bool(mut self, value: bool) -> Self {
        match self.column() {
            Column::Boolean(values) => values.push(value),
            _ => self.wrong_type(DataType::Boolean),
        }
        self.advance()
    }

    /// Writes an INT64.
    #[inline]
    pub fn int64(mut self, value: i64) -> Self {
        match self.column() {
            Column::Int64(values) => values.push(value),
            _ => self.wrong_type(DataType::Int64),
        }
        self.advance()
    }

    /// Writes a FLOAT64.
    #[inline]
    pub fn float64(mut self, value: f64) -> Self {
        match self.column() {
            Column::Float64(values) => values.push(value),
            _ => self.wrong_type(DataType::Float64),
        }
        self.advance()
    }

    /// Writes a TIME64NS: nanoseconds since the Unix epoch.
    #[inline]
    pub fn time(mut self, value_ns: i64) -> Self {
        match self.column() {
            Column::Time(values) => values.push(value_ns),
            _ => self.wrong_type(DataType::Time64Ns),
        }
        self.advance()
    }

    /// Writes a process identity to a UINT128 column.
    #[inline]
    pub fn upid(mut self, value: Upid) -> Self {
        match self.column() {
            Column::UInt128(values) => values.extend_from_slice(&value.to_bytes()),
            _ => self.wrong_type(DataType::UInt128),
        }
        self.advance()
    }

    /// Writes a STRING.
    #[inline]
    pub fn string(mut self, value: &str) -> Self {
        match self.column() {
            Column::Plain(text) => text.push(value),
            Column::Dictionary(dictionary) => dictionary.push(value),
            _ => self.wrong_type(DataType::String),
        }
        self.advance()
    }

    /// Completes the row.
    pub fn end(self) {
        let Rows { spec, columns, len } = self.rows;
        assert!(
            self.next == columns.len(),
            "row of `{}` ended after {} of {} columns",
            spec.name,
            self.next,
            columns.len()
        );
        *len += 1;
    }

    fn column(&mut self) -> &mut Column {
        assert!(
            self.next < self.rows.columns.len(),
            "row of `{}` has more values than columns",
            self.rows.spec.name
        );
        &mut self.rows.columns[self.next]
    }

    const fn advance(mut self) -> Self {
        self.next += 1;
        self
    }

    #[cold]
    fn wrong_type(&self, got: DataType) -> ! {
        let column = &self.rows.spec.columns[self.next];
        panic!(
            "column `{}` of `{}` is {}, got {}",
            column.name,
            self.rows.spec.name,
            column.data_type.name(),
            got.name()
        )
    }
}

#[derive(Debug)]
enum Column {
    Boolean(Vec<bool>),
    Int64(Vec<i64>),
    Float64(Vec<f64>),
    Time(Vec<i64>),
    UInt128(Vec<u8>),
    Plain(Text),
    Dictionary(Dictionary),
}

impl Column {
    fn new(spec: &ColumnSpec) -> Self {
        match (spec.data_type, spec.encoding) {
            (DataType::Boolean, _) => Self::Boolean(Vec::new()),
            (DataType::Int64, _) => Self::Int64(Vec::new()),
            (DataType::Float64, _) => Self::Float64(Vec::new()),
            (DataType::Time64Ns, _) => Self::Time(Vec::new()),
            (DataType::UInt128, _) => Self::UInt128(Vec::new()),
            (DataType::String, Encoding::Plain) => Self::Plain(Text::default()),
            (DataType::String, Encoding::Dictionary) => Self::Dictionary(Dictionary::default()),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Boolean(values) => values.len().div_ceil(8),
            Self::Int64(values) | Self::Time(values) => values.len() * 8,
            Self::Float64(values) => values.len() * 8,
            Self::UInt128(values) => values.len(),
            Self::Plain(text) => text.bytes(),
            Self::Dictionary(dictionary) => dictionary.text.bytes() + dictionary.keys.len() * 4,
        }
    }

    #[allow(
        clippy::expect_used,
        reason = "lengths are multiples of 16 by construction"
    )]
    fn take(&mut self) -> ArrayRef {
        match self {
            Self::Boolean(values) => Arc::new(BooleanArray::from(std::mem::take(values))),
            Self::Int64(values) => Arc::new(Int64Array::from(std::mem::take(values))),
            Self::Float64(values) => Arc::new(Float64Array::from(std::mem::take(values))),
            Self::Time(values) => Arc::new(TimestampNanosecondArray::from(std::mem::take(values))),
            Self::UInt128(values) => {
                let buffer = Buffer::from_vec(std::mem::take(values));
                Arc::new(
                    FixedSizeBinaryArray::try_new(16, buffer, None)
                        .expect("identities are 16 bytes long"),
                )
            }
            Self::Plain(text) => Arc::new(std::mem::take(text).finish()),
            Self::Dictionary(dictionary) => Arc::new(std::mem::take(dictionary).finish()),
        }
    }
}

#[derive(Debug)]
struct Text {
    bytes: Vec<u8>,
    offsets: Vec<i32>,
}

impl Default for Text {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            offsets: vec![0],
        }
    }
}

impl Text {
    fn push(&mut self, value: &str) {
        self.bytes.extend_from_slice(value.as_bytes());
        // INVARIANT: producers hand over long before 2 GiB of text in one batch.
        #[allow(clippy::expect_used, reason = "see INVARIANT")]
        self.offsets
            .push(i32::try_from(self.bytes.len()).expect("a batch holds under 2 GiB"));
    }

    fn get(&self, index: usize) -> &[u8] {
        let at = |offset: i32| usize::try_from(offset).unwrap_or_default();
        &self.bytes[at(self.offsets[index])..at(self.offsets[index + 1])]
    }

    const fn bytes(&self) -> usize {
        self.bytes.len() + (self.offsets.len() - 1) * 4
    }

    #[allow(clippy::expect_used, reason = "only whole `str` values were appended")]
    fn finish(self) -> StringArray {
        let offsets = OffsetBuffer::new(ScalarBuffer::from(self.offsets));
        StringArray::try_new(offsets, Buffer::from_vec(self.bytes), None)
            .expect("text is valid UTF-8")
    }
}

#[derive(Debug, Default)]
struct Dictionary {
    text: Text,
    keys: Vec<u32>,
    index: HashTable<u32>,
    hasher: RandomState,
}

impl Dictionary {
    fn push(&mut self, value: &str) {
        let Self {
            text,
            keys,
            index,
            hasher,
        } = self;
        // A run of equal values is the common case: no hashing needed then.
        if let Some(&last) = keys.last()
            && text.get(last as usize) == value.as_bytes()
        {
            keys.push(last);
            return;
        }
        let hash = hasher.hash_one(value.as_bytes());
        if let Some(&key) = index.find(hash, |&key| text.get(key as usize) == value.as_bytes()) {
            keys.push(key);
            return;
        }
        #[allow(
            clippy::cast_possible_truncation,
            reason = "2 GiB of text holds under 2^32 values"
        )]
        let key = (text.offsets.len() - 1) as u32;
        text.push(value);
        index.insert_unique(hash, key, |&key| hasher.hash_one(text.get(key as usize)));
        keys.push(key);
    }

    #[allow(clippy::expect_used, reason = "every key is the position of a value")]
    fn finish(self) -> DictionaryArray<arrow::datatypes::UInt32Type> {
        DictionaryArray::try_new(UInt32Array::from(self.keys), Arc::new(self.text.finish()))
            .expect("keys are in range")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::SemanticType;
    use arrow::array::AsArray;

    const SPEC: TableSpec = TableSpec {
        name: "things",
        description: "Test rows.",
        columns: &[
            ColumnSpec::new("time_", DataType::Time64Ns, "When."),
            ColumnSpec::new("upid", DataType::UInt128, "Who.").semantic(SemanticType::Upid),
            ColumnSpec::new("kind", DataType::String, "What.").dictionary(),
            ColumnSpec::new("body", DataType::String, "Details."),
            ColumnSpec::new("size", DataType::Int64, "How much."),
            ColumnSpec::new("share", DataType::Float64, "How much of it."),
            ColumnSpec::new("ok", DataType::Boolean, "Whether."),
        ],
    };

    fn write(rows: &mut Rows, time_ns: i64, kind: &str) {
        rows.row()
            .time(time_ns)
            .upid(Upid {
                asid: 0,
                pid: 1,
                start_ticks: 2,
            })
            .string(kind)
            .string("body")
            .int64(3)
            .float64(0.5)
            .bool(true)
            .end();
    }

    #[test]
    fn repeated_text_is_stored_once_in_a_dictionary_column() {
        let mut rows = Rows::new(&SPEC);
        for (time_ns, kind) in [(1, "a"), (2, "b"), (3, "a"), (4, "a")] {
            write(&mut rows, time_ns, kind);
        }
        let batch = rows.take().expect("four rows");
        assert_eq!(batch.num_rows(), 4);
        assert_eq!(batch.schema(), SPEC.storage_schema());
        let kinds = batch
            .column(2)
            .as_dictionary::<arrow::datatypes::UInt32Type>();
        assert_eq!(kinds.values().len(), 2);
        assert_eq!(kinds.keys().values().to_vec(), [0, 1, 0, 0]);
    }

    #[test]
    fn take_resets_the_builder() {
        let mut rows = Rows::new(&SPEC);
        write(&mut rows, 1, "a");
        assert_eq!(rows.bytes(), 8 + 16 + (1 + 4 + 4) + (4 + 4) + 8 + 8 + 1);
        assert!(rows.take().is_some());
        assert!(rows.take().is_none());
        assert_eq!((rows.len(), rows.bytes()), (0, 0));
        write(&mut rows, 2, "b");
        assert_eq!(rows.take().expect("one row").num_rows(), 1);
    }

    #[test]
    #[should_panic(expected = "column `time_` of `things` is TIME64NS, got STRING")]
    fn a_value_of_the_wrong_type_names_the_column() {
        Rows::new(&SPEC).row().string("x").end();
    }

    #[test]
    #[should_panic(expected = "row of `things` ended after 1 of 7 columns")]
    fn a_short_row_is_refused() {
        Rows::new(&SPEC).row().time(1).end();
    }
}
