//! `ExecuteScript`: starts or resumes a query, and hands out its messages.

use super::script::{self, Failure};
use crate::access::{Principal, Role};
use crate::audit::{Audited, Outcome};
use crate::grpc::encryption::Encryptor;
use crate::grpc::guard::{self, Caller};
use crate::grpc::queries::{Gone, Query};
use crate::grpc::{Messages, status};
use crate::state::ServerState;
use futures::StreamExt;
use nixie_api::proto::vizierpb::execute_script_response::Result as Content;
use nixie_api::proto::vizierpb::{ExecuteScriptRequest, ExecuteScriptResponse};
use std::sync::Arc;
use tokio::time::Instant;
use tonic::Status;

/// LIMIT: bytes of a script; a script is a few KiB.
const SCRIPT_BYTES_MAX: usize = 1024 * 1024;

/// Starts a query, or takes one over.
pub(super) fn execute(
    state: &Arc<ServerState>,
    caller: Caller,
    request: ExecuteScriptRequest,
) -> Result<Messages<ExecuteScriptResponse>, Status> {
    let encryptor = request
        .encryption_options
        .as_ref()
        .map(Encryptor::new)
        .transpose()?;
    let deadline = caller.deadline;
    let consumer = if request.query_id.is_empty() {
        check(&caller.principal, &request)?;
        let (query, consumer) = state.queries.begin(&caller.principal.name)?;
        state
            .query_handle
            .spawn(run(Arc::clone(state), caller, request, query));
        consumer
    } else {
        state
            .queries
            .resume(&request.query_id, &caller.principal.name)?
    };
    let messages = consumer.stream(deadline);
    Ok(match encryptor {
        Some(encryptor) => Box::pin(messages.map(move |item| encrypted(item?, &encryptor))),
        None => Box::pin(messages),
    })
}

fn check(principal: &Principal, request: &ExecuteScriptRequest) -> Result<(), Status> {
    if request.mutation && principal.role < Role::Editor {
        return Err(Status::permission_denied(format!(
            "the script may change what is traced, which needs the role `editor`; yours is `{}`",
            principal.role
        )));
    }
    let bytes = request.query_str.len();
    if bytes > SCRIPT_BYTES_MAX {
        return Err(Status::invalid_argument(format!(
            "script of {bytes} bytes exceeds the limit of {SCRIPT_BYTES_MAX} bytes"
        )));
    }
    Ok(())
}

/// Puts the encrypted form in place of a batch.
fn encrypted(
    mut message: ExecuteScriptResponse,
    encryptor: &Encryptor,
) -> Result<ExecuteScriptResponse, Status> {
    if let Some(Content::Data(data)) = &mut message.result
        && !data.batch.is_empty()
    {
        data.encrypted_batch = encryptor.encrypt(&std::mem::take(&mut data.batch))?;
    }
    Ok(message)
}

/// Runs a query until it ends, or nobody wants it any more, or its client is no longer let in.
async fn run(
    state: Arc<ServerState>,
    caller: Caller,
    request: ExecuteScriptRequest,
    query: Arc<Query>,
) {
    let audited = Audited {
        principal: caller.principal.clone(),
        client: caller.address,
        query_id: query.id().to_string(),
        query_name: request.query_name.clone(),
        script: request.query_str.clone(),
        mutation: request.mutation,
        started: Instant::now(),
    };
    let ended = tokio::select! {
        ended = in_turn(&state, &audited.principal, request, &query) => ended,
        () = query.cancelled() => Err(Failure::Gone),
        refusal = state.access.lost(&audited.principal) => {
            let status = guard::refused(&refusal);
            // What waits for the client is no longer for it.
            query.stop(status.clone());
            Err(Failure::Status(status))
        }
    };
    let outcome = match ended {
        Ok(outcome) => {
            query.end(None);
            outcome
        }
        Err(Failure::Gone) => {
            query.end(None);
            Outcome::failed(&Status::cancelled("the client went away"))
        }
        Err(Failure::Status(status)) => {
            query.end(Some(Err(status.clone())));
            Outcome::failed(&status)
        }
    };
    audited.record(&state.agent, &outcome);
}

/// Waits until there is room, and runs the script.
async fn in_turn(
    state: &ServerState,
    principal: &Principal,
    request: ExecuteScriptRequest,
    query: &Query,
) -> Result<Outcome, Failure> {
    let turn = state.turns.wait().await?;
    script::run(state, principal, turn, request, query).await
}

impl From<Gone> for Failure {
    fn from(_: Gone) -> Self {
        Self::Gone
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        Self::Status(status)
    }
}

impl From<nixie_query::QueryError> for Failure {
    fn from(error: nixie_query::QueryError) -> Self {
        Self::Status(status::of_query(&error))
    }
}

impl From<nixie_api::ApiError> for Failure {
    fn from(error: nixie_api::ApiError) -> Self {
        Self::Status(status::of_api(&error))
    }
}
