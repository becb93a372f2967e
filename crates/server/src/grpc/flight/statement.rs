//! A query with the values of its parameters, as the agent hands it out and gets it back.
//!
//! Handles of prepared statements and tickets of results hold the query itself. So the agent keeps
//! nothing for clients that do not come back. Nothing is signed: who shows a handle may ask what is
//! in it, or may not, whoever has made it. What is in it is read as what any client sends.

use super::values;
use crate::grpc::status;
use arrow::array::RecordBatch;
use arrow_flight::FlightData;
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
    /// Values of its parameters, as one row in messages of Flight; empty without any.
    #[prost(message, repeated, tag = "4")]
    parameters: Vec<FlightData>,
    /// Names the query while it runs.
    #[prost(string, tag = "3")]
    pub(super) id: String,
}

impl Statement {
    /// Returns a query without values.
    pub(super) fn new(sql: String) -> Self {
        Self {
            sql,
            parameters: Vec::new(),
            id: Uuid::new_v4().to_string(),
        }
    }

    /// Reads a handle or a ticket.
    pub(super) fn read(handle: &[u8]) -> Result<Self, Status> {
        let read = Self::decode(handle).ok();
        let read = read.filter(|statement| {
            Uuid::parse_str(&statement.id).is_ok()
                && statement.parameter_bytes() <= PARAMETER_BYTES_MAX
        });
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
        let parameters = values::messages(row);
        let parameters =
            parameters.map_err(|error| Status::internal(status::with_causes(&error)))?;
        let bound = Self { parameters, ..self };
        let bytes = bound.parameter_bytes();
        if bytes > PARAMETER_BYTES_MAX {
            return Err(Status::invalid_argument(format!(
                "values of the parameters have {bytes} bytes, at most {PARAMETER_BYTES_MAX} are \
                 taken"
            )));
        }
        Ok(bound)
    }

    fn parameter_bytes(&self) -> usize {
        self.parameters.iter().map(Message::encoded_len).sum()
    }

    /// Returns the values of the parameters.
    pub(super) fn parameters(&self) -> Result<Option<RecordBatch>, Status> {
        if self.parameters.is_empty() {
            return Ok(None);
        }
        values::one_row(self.parameters.clone()).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grpc::flight::values::messages;
    use crate::grpc::flight::values::tests::{compressed, row};

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
        let error = statement.with_parameters(&row(&"x".repeat(70_000)));
        assert!(error.unwrap_err().message().contains("at most 65536"));
    }

    #[test]
    fn forged_values_are_refused() {
        let forged = |parameters: Vec<FlightData>| {
            let statement = Statement {
                parameters,
                ..Statement::new("SELECT ?, ?".to_owned())
            };
            let read = Statement::read(&statement.encode_to_vec());
            read.and_then(|statement| statement.parameters())
        };
        assert_eq!(
            forged(messages(&row("a")).unwrap()).unwrap(),
            Some(row("a"))
        );
        let garbage = FlightData::new().with_data_header(vec![0xff; 64]);
        for parameters in [
            vec![garbage],
            compressed(1 << 62),
            messages(&row(&"x".repeat(70_000))).unwrap(),
        ] {
            let error = forged(parameters).unwrap_err();
            assert_eq!(error.code(), tonic::Code::InvalidArgument, "{error}");
        }
    }
}
