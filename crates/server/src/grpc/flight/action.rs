//! `DoAction`: prepares statements, and ends queries.

use super::command;
use super::no_transactions;
use super::query;
use super::schema;
use super::statement::Statement;
use crate::grpc::guard::Caller;
use crate::grpc::status;
use crate::state::ServerState;
use arrow::datatypes::Schema;
use arrow::error::ArrowError;
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::sql::{
    ActionCancelQueryRequest, ActionCancelQueryResult, ActionClosePreparedStatementRequest,
    ActionCreatePreparedStatementRequest, ActionCreatePreparedStatementResult, Command,
    ProstMessageExt,
};
use arrow_flight::{
    Action, ActionType, CancelFlightInfoRequest, CancelFlightInfoResult, CancelStatus, FlightInfo,
    IpcMessage, SchemaAsIpc,
};
use bytes::Bytes;
use prost::Message;
use std::sync::Arc;
use tonic::Status;

const CREATE: &str = "CreatePreparedStatement";
const CLOSE: &str = "ClosePreparedStatement";
const CANCEL: &str = "CancelFlightInfo";
/// The older name of [`CANCEL`].
const CANCEL_QUERY: &str = "CancelQuery";

/// The actions, each with what it does.
const ACTIONS: [(&str, &str); 4] = [
    (
        CREATE,
        "prepares a query; takes and returns messages of Flight SQL",
    ),
    (
        CLOSE,
        "does nothing: the agent keeps nothing for a prepared statement",
    ),
    (CANCEL, "ends a query that runs; takes its FlightInfo"),
    (CANCEL_QUERY, "the same for older clients"),
];

/// Returns the actions.
pub(super) fn list() -> impl Iterator<Item = ActionType> {
    ACTIONS.into_iter().map(|(name, description)| ActionType {
        r#type: name.to_owned(),
        description: description.to_owned(),
    })
}

/// Does what is asked; returns the answer, if there is one.
pub(super) async fn answer(
    state: &Arc<ServerState>,
    caller: Caller,
    action: Action,
) -> Result<Option<Bytes>, Status> {
    let Action { r#type, body } = action;
    match &*r#type {
        CREATE => {
            let request = command::body(CREATE, &body)?;
            let created = create(state, caller, request).await?;
            Ok(Some(created.as_any().encode_to_vec().into()))
        }
        CLOSE => {
            let request: ActionClosePreparedStatementRequest = command::body(CLOSE, &body)?;
            Statement::read(&request.prepared_statement_handle)?;
            Ok(None)
        }
        CANCEL => {
            let request = CancelFlightInfoRequest::decode(body).ok();
            let info = request.and_then(|request| request.info);
            let ended = cancel(state, &caller, info.ok_or_else(unreadable)?)?;
            let result = CancelFlightInfoResult::new(ended);
            Ok(Some(result.encode_to_vec().into()))
        }
        CANCEL_QUERY => {
            let request: ActionCancelQueryRequest = command::body(CANCEL_QUERY, &body)?;
            let info = FlightInfo::decode(request.info).map_err(|_| unreadable())?;
            // The numbers are the same.
            let result = ActionCancelQueryResult {
                result: cancel(state, &caller, info)? as i32,
            };
            Ok(Some(result.as_any().encode_to_vec().into()))
        }
        "BeginTransaction" | "EndTransaction" | "BeginSavepoint" | "EndSavepoint" => {
            Err(no_transactions())
        }
        "CreatePreparedSubstraitPlan" => Err(Status::unimplemented(
            "plans of Substrait are not understood; ask in SQL",
        )),
        other => Err(Status::unimplemented(format!(
            "action `{}` is not known; `ListActions` tells those that are",
            status::shown(other)
        ))),
    }
}

async fn create(
    state: &Arc<ServerState>,
    caller: Caller,
    request: ActionCreatePreparedStatementRequest,
) -> Result<ActionCreatePreparedStatementResult, Status> {
    if request.transaction_id.is_some() {
        return Err(no_transactions());
    }
    let sql = request.query;
    let described = match query::describe(state, sql.clone()).await {
        Ok(described) => described,
        Err(status) => {
            query::refused(state, caller, &sql, &status);
            return Err(status);
        }
    };
    let dataset_schema = described.columns.map(|columns| schema::of_result(&columns));
    let dataset_schema = dataset_schema.map(|schema| encoded(&schema)).transpose()?;
    Ok(ActionCreatePreparedStatementResult {
        prepared_statement_handle: Statement::new(sql).encode_to_vec().into(),
        dataset_schema: dataset_schema.unwrap_or_default(),
        parameter_schema: encoded(&schema::of_parameters(&described.parameters))?,
    })
}

fn encoded(schema: &Schema) -> Result<Bytes, Status> {
    let options = IpcWriteOptions::default();
    let message: Result<IpcMessage, ArrowError> = SchemaAsIpc::new(schema, &options).try_into();
    let IpcMessage(bytes) =
        message.map_err(|error| Status::internal(status::with_causes(&error)))?;
    Ok(bytes)
}

/// Ends the query of a result that is being delivered.
fn cancel(state: &ServerState, caller: &Caller, info: FlightInfo) -> Result<CancelStatus, Status> {
    let ticket = info.endpoint.first().and_then(|part| part.ticket.as_ref());
    let ticket = ticket.ok_or_else(unreadable)?;
    let Command::TicketStatementQuery(query) = command::read(&ticket.ticket)? else {
        return Ok(CancelStatus::NotCancellable);
    };
    let statement = Statement::read(&query.statement_handle)?;
    let is_ended = state.running.cancel(&caller.principal.name, &statement.id);
    if is_ended {
        return Ok(CancelStatus::Cancelled);
    }
    Err(Status::not_found(
        "the query does not run; it may have ended, or its rows were not asked for yet",
    ))
}

fn unreadable() -> Status {
    Status::invalid_argument("`FlightInfo` of the query to end is missing or cannot be read")
}
