//! Writes rows as `RowBatchData`, straight from Arrow to the bytes of the message.
//!
//! The generated message has a vector for each column and, for text, one for each value; a million
//! rows of requests would be ten million of them. Tests compare the bytes with what the generated
//! code reads.

mod column;

use crate::ApiError;
use crate::proto::MESSAGE_BYTES_MAX;
use arrow::array::RecordBatch;
use bytes::Bytes;
use column::Column;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint};

/// LIMIT: bytes of the rows in one message, unless a single row has more.
pub const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// LIMIT: bytes of one row; what is around the row must fit into the message too.
const ROW_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 64 * 1024;

/// Field numbers of `RowBatchData`.
const COLS: u32 = 1;
const NUM_ROWS: u32 = 2;
const EOW: u32 = 3;
const EOS: u32 = 4;
const TABLE_ID: u32 = 5;

/// Writes the rows of one table.
#[derive(Clone, Debug)]
pub struct BatchEncoder {
    table_id: String,
}

impl BatchEncoder {
    /// Returns an encoder for a table; `table_id` is what its metadata call it.
    #[must_use]
    pub const fn new(table_id: String) -> Self {
        Self { table_id }
    }

    /// Cuts rows into pieces that fit a message each.
    ///
    /// # Errors
    ///
    /// When a single row does not fit a message, or a column has no type of PxL.
    pub fn pieces(&self, batch: &RecordBatch) -> Result<Vec<RecordBatch>, ApiError> {
        let columns = columns(batch)?;
        let mut pieces = Vec::new();
        let (mut start, mut bytes) = (0, 0);
        for row in 0..batch.num_rows() {
            let row_bytes: usize = columns.iter().map(|column| column.row_bytes_max(row)).sum();
            if row_bytes > ROW_BYTES_MAX {
                return Err(row_too_large(batch, &columns, row, row_bytes));
            }
            if bytes + row_bytes > BATCH_BYTES_MAX && row > start {
                pieces.push(batch.slice(start, row - start));
                (start, bytes) = (row, 0);
            }
            bytes += row_bytes;
        }
        if batch.num_rows() > start {
            pieces.push(batch.slice(start, batch.num_rows() - start));
        }
        Ok(pieces)
    }

    /// Returns the message for rows, which may be none; `is_last` ends the table.
    ///
    /// # Errors
    ///
    /// When a column has no type of PxL.
    pub fn encode(&self, batch: &RecordBatch, is_last: bool) -> Result<Bytes, ApiError> {
        let columns = columns(batch)?;
        let sizes: Vec<usize> = columns.iter().map(Column::encoded_len).collect();
        let around = 64 + self.table_id.len() + 12 * sizes.len();
        let mut bytes = Vec::with_capacity(sizes.iter().sum::<usize>() + around);
        for (column, size) in columns.iter().zip(sizes) {
            let field_len = 1 + encoded_len_varint(size as u64) + size;
            message(COLS, field_len, &mut bytes);
            message(column.field(), size, &mut bytes);
            column.encode(&mut bytes);
        }
        number(NUM_ROWS, batch.num_rows() as u64, &mut bytes);
        number(EOW, u64::from(is_last), &mut bytes);
        number(EOS, u64::from(is_last), &mut bytes);
        message(TABLE_ID, self.table_id.len(), &mut bytes);
        bytes.extend_from_slice(self.table_id.as_bytes());
        Ok(Bytes::from(bytes))
    }
}

fn columns(batch: &RecordBatch) -> Result<Vec<Column<'_>>, ApiError> {
    let schema = batch.schema_ref();
    let named = schema.fields().iter().zip(batch.columns());
    named
        .map(|(field, array)| Column::new(field.name(), array))
        .collect()
}

fn row_too_large(
    batch: &RecordBatch,
    columns: &[Column<'_>],
    row: usize,
    row_bytes: usize,
) -> ApiError {
    let sizes = columns.iter().map(|column| column.row_bytes_max(row));
    let largest = sizes.enumerate().max_by_key(|&(_, bytes)| bytes);
    let at = largest.map_or(0, |(at, _)| at);
    ApiError::RowTooLarge {
        seen_bytes: row_bytes,
        limit_bytes: ROW_BYTES_MAX,
        column: batch.schema_ref().field(at).name().clone(),
    }
}

/// Begins a field of that many bytes.
fn message(field: u32, len: usize, bytes: &mut Vec<u8>) {
    encode_key(field, WireType::LengthDelimited, bytes);
    encode_varint(len as u64, bytes);
}

/// Writes a number, unless it is zero, which is what an absent one means.
fn number(field: u32, value: u64, bytes: &mut Vec<u8>) {
    if value != 0 {
        encode_key(field, WireType::Varint, bytes);
        encode_varint(value, bytes);
    }
}

#[cfg(test)]
mod tests;
