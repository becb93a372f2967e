//! Writes rows as messages of Flight.

use super::schema;
use crate::grpc::status;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::ipc::writer::{DictionaryTracker, IpcDataGenerator, IpcWriteContext, IpcWriteOptions};
use arrow_flight::{FlightData, SchemaAsIpc};
use tonic::Status;

/// Writes the rows of one result.
pub(super) struct Writer {
    schema: SchemaRef,
    options: IpcWriteOptions,
    generator: IpcDataGenerator,
    dictionaries: DictionaryTracker,
    context: IpcWriteContext,
}

impl Writer {
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            options: IpcWriteOptions::default(),
            generator: IpcDataGenerator::default(),
            dictionaries: DictionaryTracker::new(false),
            context: IpcWriteContext::default(),
        }
    }

    /// Returns the first message.
    pub(super) fn schema(&self) -> FlightData {
        SchemaAsIpc::new(&self.schema, &self.options).into()
    }

    /// Returns the message of some rows, which must be few enough for one.
    pub(super) fn rows(&mut self, rows: &RecordBatch) -> Result<FlightData, Status> {
        let written = schema::packed(rows, &self.schema).and_then(|rows| self.written(&rows));
        written.map_err(|error| Status::internal(status::with_causes(&error)))
    }

    /// Returns the message of no rows.
    pub(super) fn nothing(&mut self) -> Result<FlightData, Status> {
        let nothing = RecordBatch::new_empty(SchemaRef::clone(&self.schema));
        let written = self.written(&nothing);
        written.map_err(|error| Status::internal(status::with_causes(&error)))
    }

    fn written(&mut self, rows: &RecordBatch) -> Result<FlightData, ArrowError> {
        // No column has a dictionary.
        let (_, message) = self.generator.encode(
            rows,
            &mut self.dictionaries,
            &self.options,
            &mut self.context,
        )?;
        Ok(message.into())
    }
}
