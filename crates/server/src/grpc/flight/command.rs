//! Reads the commands that clients put into descriptors, tickets and actions.

use crate::grpc::status;
use arrow_flight::sql::{Any, Command, ProstMessageExt};
use prost::Message;
use tonic::Status;

/// Reads a command.
pub(super) fn read(bytes: &[u8]) -> Result<Command, Status> {
    if bytes.is_empty() {
        return Err(Status::invalid_argument(
            "descriptor or ticket has no command; expected one of Flight SQL",
        ));
    }
    let command = Any::decode(bytes).map_err(|error| error.to_string());
    let command = command.and_then(|any| Command::try_from(any).map_err(|error| error.to_string()));
    command.map_err(|why| {
        Status::invalid_argument(format!(
            "command cannot be read: {why}; expected one of Flight SQL"
        ))
    })
}

/// Reads what an action is about.
pub(super) fn body<T: ProstMessageExt>(action: &str, bytes: &[u8]) -> Result<T, Status> {
    let body = Any::decode(bytes).ok();
    let body = body.and_then(|any| any.unpack().ok()).flatten();
    body.ok_or_else(|| {
        Status::invalid_argument(format!("body of the action `{action}` cannot be read"))
    })
}

/// Returns how a call ends whose command the agent does not know.
pub(super) fn unknown(command: &Command) -> Status {
    let name = command.type_url();
    let name = name.rsplit_once('.').map_or(name, |(_, name)| name);
    Status::unimplemented(format!(
        "command `{}` is not possible; ask with `CommandStatementQuery`",
        status::shown(name)
    ))
}
