//! Turns rows of a chunk into what queries see.

use crate::TableError;
use crate::chunk::Chunk;
use crate::scan::Target;
use arrow::array::{
    Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringArray, StringViewArray,
};
use arrow::compute::take;
use std::sync::Arc;

/// Reads projected columns of one chunk.
#[derive(Debug)]
pub(super) struct Reader {
    target: Target,
    columns: Vec<Column>,
}

/// A stored column, prepared for any number of reads.
#[derive(Debug)]
enum Column {
    /// Stored as queries see it.
    Same(ArrayRef),
    /// Plain text; views are made for the rows that are read.
    Plain(StringArray),
    /// Shared text: views are made once for all values, and gathered for the rows that are read.
    Shared {
        keys: ArrayRef,
        values: StringViewArray,
    },
}

impl Reader {
    pub(super) fn new(chunk: &Chunk, target: &Target) -> Self {
        let column = |&index: &usize| Column::new(&chunk.columns()[index]);
        Self {
            target: target.clone(),
            columns: target.projection.iter().map(column).collect(),
        }
    }

    /// Returns `rows` rows, starting at `from`.
    pub(super) fn read(&self, from: usize, rows: usize) -> Result<RecordBatch, TableError> {
        let columns: Result<Vec<ArrayRef>, TableError> = self
            .columns
            .iter()
            .map(|column| column.read(from, rows))
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        Ok(RecordBatch::try_new_with_options(
            Arc::clone(&self.target.schema),
            columns?,
            &options,
        )?)
    }
}

impl Column {
    fn new(stored: &ArrayRef) -> Self {
        if let Some(text) = stored.as_string_opt::<i32>() {
            return Self::Plain(text.clone());
        }
        let Some(dictionary) = stored.as_any_dictionary_opt() else {
            return Self::Same(Arc::clone(stored));
        };
        let keys = dictionary.keys().slice(0, dictionary.len());
        let values: &StringArray = dictionary.values().as_string();
        Self::Shared {
            keys,
            values: StringViewArray::from(values),
        }
    }

    fn read(&self, from: usize, rows: usize) -> Result<ArrayRef, TableError> {
        match self {
            Self::Same(stored) => Ok(stored.slice(from, rows)),
            Self::Plain(text) => Ok(Arc::new(StringViewArray::from(&text.slice(from, rows)))),
            Self::Shared { keys, values } => Ok(take(values, &keys.slice(from, rows), None)?),
        }
    }
}
