//! Writes the frames of a response.

use crate::{ApiError, Frame, FrameKind};
use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema, SchemaRef};
use arrow::ipc::writer::StreamWriter;
use serde::Serialize;
use std::sync::Arc;

/// LIMIT: bytes of the values in one `Rows` frame, unless a single row has more.
const ROWS_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Returns a frame with a JSON payload.
///
/// # Errors
///
/// When the message does not fit a frame.
pub fn encode_message(kind: FrameKind, message: &impl Serialize) -> Result<Vec<u8>, ApiError> {
    Frame::encode(kind, &serde_json::to_vec(message)?)
}

/// Returns the type that a column has in frames.
#[must_use]
pub fn delivered_type(held: &DataType) -> DataType {
    match held {
        DataType::Utf8View => DataType::Utf8,
        other => other.clone(),
    }
}

/// Writes the rows of one table as frames that together hold one Arrow IPC stream.
///
/// Text travels as plain `Utf8`: views would bring along all of the memory that they point into.
pub struct TableEncoder {
    schema: SchemaRef,
    writer: StreamWriter<Vec<u8>>,
}

impl TableEncoder {
    /// Returns an encoder for batches of that schema.
    ///
    /// # Errors
    ///
    /// When Arrow IPC has no form for the schema.
    pub fn new(schema: &Schema) -> Result<Self, ApiError> {
        let fields = schema.fields().iter().map(|field| {
            let delivered = delivered_type(field.data_type());
            field.as_ref().clone().with_data_type(delivered)
        });
        let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let writer = StreamWriter::try_new(Vec::new(), &schema)?;
        Ok(Self { schema, writer })
    }

    /// Returns the frames for a batch.
    ///
    /// # Errors
    ///
    /// When a single row does not fit a frame, or the batch has another schema.
    pub fn rows(&mut self, batch: &RecordBatch) -> Result<Vec<Vec<u8>>, ApiError> {
        let mut frames = Vec::new();
        let mut rest = batch.clone();
        while rest.num_rows() > 0 {
            let rows = rows_that_fit(&rest);
            let piece = rest.slice(0, rows);
            rest = rest.slice(rows, rest.num_rows() - rows);
            let columns: Result<Vec<ArrayRef>, ApiError> =
                piece.columns().iter().map(plain).collect();
            self.writer
                .write(&RecordBatch::try_new(Arc::clone(&self.schema), columns?)?)?;
            frames.push(self.take()?);
        }
        Ok(frames)
    }

    /// Returns the frame that ends the Arrow IPC stream.
    ///
    /// # Errors
    ///
    /// When writing fails.
    pub fn finish(mut self) -> Result<Vec<u8>, ApiError> {
        self.writer.finish()?;
        self.take()
    }

    fn take(&mut self) -> Result<Vec<u8>, ApiError> {
        Frame::encode(FrameKind::Rows, &std::mem::take(self.writer.get_mut()))
    }
}

fn plain(column: &ArrayRef) -> Result<ArrayRef, ApiError> {
    match column.data_type() {
        DataType::Utf8View => Ok(cast(column, &DataType::Utf8)?),
        _ => Ok(Arc::clone(column)),
    }
}

/// Returns how many rows to put in one frame; at least one.
fn rows_that_fit(batch: &RecordBatch) -> usize {
    let mut bytes = 0;
    for row in 0..batch.num_rows() {
        bytes += batch
            .columns()
            .iter()
            .map(|column| value_bytes(column, row))
            .sum::<usize>();
        if bytes > ROWS_BYTES_MAX {
            return row.max(1);
        }
    }
    batch.num_rows()
}

fn value_bytes(column: &ArrayRef, row: usize) -> usize {
    match column.data_type() {
        DataType::Utf8View => column.as_string_view().value(row).len() + size_of::<i32>(),
        DataType::Utf8 => column.as_string::<i32>().value(row).len() + size_of::<i32>(),
        _ => size_of::<u128>(),
    }
}
