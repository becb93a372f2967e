//! Joins neighbouring chunks into a larger one, so that a scan meets few of them.

use crate::chunk::Chunk;
use crate::{TableError, text};
use arrow::array::{Array, ArrayRef};
use arrow::compute::concat;
use std::sync::Arc;

/// Returns one chunk with all rows of the given chunks, which are in the order of arrival.
pub(crate) fn merge(chunks: &[Arc<Chunk>]) -> Result<Chunk, TableError> {
    let columns = chunks.first().map_or(0, |chunk| chunk.columns().len());
    let joined = (0..columns).map(|column| join(chunks, column));
    Chunk::from_columns(joined.collect::<Result<_, _>>()?)
}

fn join(chunks: &[Arc<Chunk>], column: usize) -> Result<ArrayRef, TableError> {
    let parts: Vec<ArrayRef> = chunks
        .iter()
        .map(|chunk| Arc::clone(&chunk.columns()[column]))
        .collect();
    if text::is_text(&parts[0]) {
        return text::unify(&parts);
    }
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    Ok(concat(&parts)?)
}
