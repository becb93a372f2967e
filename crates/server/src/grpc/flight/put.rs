//! `DoPut`: takes values for the parameters of a prepared statement, and refuses all other rows.

use super::statement::{PARAMETER_BYTES_MAX, Statement};
use super::{command, read_only};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use arrow_flight::decode::FlightRecordBatchStream;
use arrow_flight::error::FlightError;
use arrow_flight::sql::{Command, DoPutPreparedStatementResult};
use arrow_flight::{FlightData, PutResult};
use futures::{Stream, StreamExt, TryStreamExt};
use prost::Message;
use std::pin::Pin;
use tonic::{Status, Streaming};

/// LIMIT: bytes that values may have on their way; they are counted again as they are kept.
const WIRE_BYTES_MAX: usize = 2 * PARAMETER_BYTES_MAX;

/// Reads values, and answers with a handle that has them.
pub(super) async fn answer(mut messages: Streaming<FlightData>) -> Result<PutResult, Status> {
    let first = messages.message().await?.unwrap_or_default();
    let Some(descriptor) = &first.flight_descriptor else {
        return Err(Status::invalid_argument(
            "the first message has no descriptor; name a prepared statement in it",
        ));
    };
    let handle = match command::read(&descriptor.cmd)? {
        Command::CommandPreparedStatementQuery(query) => query.prepared_statement_handle,
        Command::CommandStatementUpdate(_)
        | Command::CommandPreparedStatementUpdate(_)
        | Command::CommandStatementIngest(_) => return Err(read_only()),
        other => return Err(command::unknown(&other)),
    };
    let statement = Statement::read(&handle)?;
    let values = values(first, messages).await?;
    let bound = statement.with_parameters(&values)?;
    let result = DoPutPreparedStatementResult {
        prepared_statement_handle: Some(bound.encode_to_vec().into()),
    };
    Ok(PutResult {
        app_metadata: result.encode_to_vec().into(),
    })
}

async fn values(first: FlightData, rest: Streaming<FlightData>) -> Result<RecordBatch, Status> {
    let first = futures::stream::once(async { Ok(first) });
    let messages = limited(first.chain(rest));
    let mut batches = FlightRecordBatchStream::new_from_flight_data(messages);
    let mut found = Vec::new();
    while let Some(batch) = batches.try_next().await.map_err(unreadable)? {
        found.push(batch);
    }
    let Some(schema) = batches.schema() else {
        return Err(Status::invalid_argument(
            "values of the parameters are missing",
        ));
    };
    let rows = concat_batches(schema, &found).map_err(|error| unreadable(error.into()))?;
    if rows.num_rows() != 1 {
        return Err(Status::invalid_argument(format!(
            "a query takes one row of parameters, {} were given; ask once for each row",
            rows.num_rows()
        )));
    }
    Ok(rows)
}

type Messages = Pin<Box<dyn Stream<Item = Result<FlightData, FlightError>> + Send>>;

/// Ends messages with an error once they have too many bytes.
fn limited(messages: impl Stream<Item = Result<FlightData, Status>> + Send + 'static) -> Messages {
    let mut bytes = 0;
    let limited = messages.map(move |message| {
        let message = message?;
        bytes += message.data_header.len() + message.data_body.len();
        if bytes > WIRE_BYTES_MAX {
            return Err(Status::invalid_argument(format!(
                "values of the parameters have more than {WIRE_BYTES_MAX} bytes, at most \
                 {PARAMETER_BYTES_MAX} are taken"
            ))
            .into());
        }
        Ok(message)
    });
    Box::pin(limited)
}

fn unreadable(error: FlightError) -> Status {
    match error {
        FlightError::Tonic(status) => *status,
        error => {
            Status::invalid_argument(format!("values of the parameters cannot be read: {error}"))
        }
    }
}
