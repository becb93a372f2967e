//! `DoPut`: takes values for the parameters of a prepared statement, and refuses all other rows.

use super::statement::{PARAMETER_BYTES_MAX, Statement};
use super::{command, read_only, values};
use arrow_flight::sql::{Command, DoPutPreparedStatementResult};
use arrow_flight::{FlightData, PutResult};
use futures::{StreamExt, TryStreamExt};
use prost::Message;
use tonic::{Status, Streaming};

/// LIMIT: bytes that values may have on their way; they are counted again as they are kept.
const WIRE_BYTES_MAX: usize = 2 * PARAMETER_BYTES_MAX;

/// LIMIT: messages that values may come in; one row needs a few.
const MESSAGES_MAX: usize = 1024;

/// Reads values, and answers with a handle that has them.
pub(super) async fn answer(mut messages: Streaming<FlightData>) -> Result<PutResult, Status> {
    let mut first = messages.message().await?.unwrap_or_default();
    let Some(descriptor) = first.flight_descriptor.take() else {
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
    let row = values::one_row(all(first, messages).await?)?;
    let bound = statement.with_parameters(&row)?;
    let result = DoPutPreparedStatementResult {
        prepared_statement_handle: Some(bound.encode_to_vec().into()),
    };
    Ok(PutResult {
        app_metadata: result.encode_to_vec().into(),
    })
}

/// Returns all messages, unless they are too many or too large.
async fn all(first: FlightData, rest: Streaming<FlightData>) -> Result<Vec<FlightData>, Status> {
    let mut rest = futures::stream::once(async { Ok(first) })
        .chain(rest)
        .boxed();
    let (mut bytes, mut messages) = (0, Vec::new());
    while let Some(message) = rest.try_next().await? {
        bytes += message.encoded_len();
        if bytes > WIRE_BYTES_MAX || messages.len() == MESSAGES_MAX {
            return Err(Status::invalid_argument(format!(
                "values of the parameters have more than {WIRE_BYTES_MAX} bytes or {MESSAGES_MAX} \
                 messages, at most {PARAMETER_BYTES_MAX} bytes are taken"
            )));
        }
        messages.push(message);
    }
    Ok(messages)
}
