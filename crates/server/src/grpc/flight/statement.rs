//! A query with the values of its parameters, as the agent hands it out and gets it back.
//!
//! Handles of prepared statements and tickets of results hold the query itself. So the agent keeps
//! nothing for clients that do not come back, and there is nothing to sign: who shows a handle may ask
//! what is in it, or may not, whoever has made it.

use crate::grpc::status;
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow::ipc::reader::StreamReader;
use arrow::ipc::writer::StreamWriter;
use bytes::Bytes;
use prost::Message;
use tonic::Status;
use uuid::Uuid;

/// LIMIT: bytes of the values of a query's parameters.
pub(super) const PARAMETER_BYTES_MAX: usize = 64 * 1024;

/// A query.
#[derive(Clone, PartialEq, Message)]
pub(super) struct Statement {
    /// The query.
    #[prost(string, tag = "1")]
    pub(super) sql: String,
    /// Values of its parameters, as an Arrow IPC stream; empty without any.
    #[prost(bytes = "bytes", tag = "2")]
    parameters: Bytes,
    /// Names the query while it runs.
    #[prost(string, tag = "3")]
    pub(super) id: String,
}

impl Statement {
    /// Returns a query without values.
    pub(super) fn new(sql: String) -> Self {
        Self {
            sql,
            parameters: Bytes::new(),
            id: Uuid::new_v4().to_string(),
        }
    }

    /// Reads a handle or a ticket.
    pub(super) fn read(handle: &[u8]) -> Result<Self, Status> {
        let read = Self::decode(handle).ok();
        let read = read.filter(|statement| Uuid::parse_str(&statement.id).is_ok());
        read.ok_or_else(|| {
            Status::invalid_argument(
                "handle or ticket of a query cannot be read; send what the agent has answered, as \
                 it is",
            )
        })
    }

    /// Returns the query for another run.
    pub(super) fn again(self) -> Self {
        let id = Uuid::new_v4().to_string();
        Self { id, ..self }
    }

    /// Returns the query with other values, one row of them.
    pub(super) fn with_parameters(self, row: &RecordBatch) -> Result<Self, Status> {
        let failed = |error| Status::internal(status::with_causes(&error));
        let mut writer = StreamWriter::try_new(Vec::new(), &row.schema()).map_err(failed)?;
        writer.write(row).map_err(failed)?;
        let bytes = writer.into_inner().map_err(failed)?;
        if bytes.len() > PARAMETER_BYTES_MAX {
            return Err(Status::invalid_argument(format!(
                "values of the parameters have {} bytes, at most {PARAMETER_BYTES_MAX} are taken",
                bytes.len()
            )));
        }
        Ok(Self {
            parameters: bytes.into(),
            ..self
        })
    }

    /// Returns the values of the parameters.
    pub(super) fn parameters(&self) -> Result<Option<RecordBatch>, Status> {
        if self.parameters.is_empty() {
            return Ok(None);
        }
        let read = || {
            let reader = StreamReader::try_new(&*self.parameters, None)?;
            let schema = reader.schema();
            concat_batches(&schema, &reader.collect::<Result<Vec<_>, _>>()?)
        };
        let row = read().map_err(|error| {
            let why = status::with_causes(&error);
            Status::invalid_argument(format!("values of the parameters cannot be read: {why}"))
        })?;
        Ok(Some(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{ArrayRef, Int64Array, StringArray};
    use std::sync::Arc;

    fn row(text: &str) -> RecordBatch {
        let number: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        let text: ArrayRef = Arc::new(StringArray::from(vec![text]));
        RecordBatch::try_from_iter([("0", number), ("1", text)]).unwrap()
    }

    #[test]
    fn a_handle_comes_back_as_it_was() {
        let statement = Statement::new("SELECT ?, ?".to_owned());
        assert_eq!(statement.parameters().unwrap(), None);
        let bound = statement.clone().with_parameters(&row("a")).unwrap();
        let read = Statement::read(&bound.encode_to_vec()).unwrap();
        assert_eq!(read, bound);
        assert_eq!(read.parameters().unwrap(), Some(row("a")));
        assert_ne!(read.again().id, statement.id);
    }

    #[test]
    fn what_is_no_handle_is_refused() {
        for wrong in ["", "SELECT 1", "\u{a}\u{5}", "\u{a}\u{1}x"] {
            let error = Statement::read(wrong.as_bytes()).unwrap_err();
            assert_eq!(error.code(), tonic::Code::InvalidArgument, "{wrong}");
        }
        let statement = Statement::new("SELECT ?".to_owned());
        let error = statement.clone().with_parameters(&row(&"x".repeat(70_000)));
        assert!(error.unwrap_err().message().contains("at most 65536"));
        for garbage in [b"x".as_slice(), &[0xff; 64], &[0; 4096]] {
            let hostile = Statement {
                parameters: Bytes::copy_from_slice(garbage),
                ..statement.clone()
            };
            let error = hostile.parameters();
            assert!(
                error.is_err() || error.is_ok_and(|row| row.is_some_and(|row| row.num_rows() == 0))
            );
        }
    }
}
