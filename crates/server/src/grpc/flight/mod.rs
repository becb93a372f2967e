//! Arrow Flight SQL: the tables in SQL for ADBC, JDBC and the tools that stand on them;
//! `docs/reference/flight-sql.md` describes it.
//!
//! | question | where |
//! |---|---|
//! | how does a client log in with a password | `handshake.rs` |
//! | what is asked | `command.rs`, `action.rs` |
//! | what is in handles and tickets | `statement.rs` |
//! | how does a query run, and end | `query.rs`, `running.rs` |
//! | in which form do rows travel | `schema.rs`, `writer.rs` |
//! | how do parameters get values | `put.rs`, `values.rs` |
//! | which tables, types and abilities are there | `catalog.rs`, `info.rs` |

mod action;
mod catalog;
mod command;
mod handshake;
mod info;
mod put;
mod query;
mod running;
mod schema;
mod statement;
mod values;
mod writer;

pub(crate) use running::Running;

use crate::grpc::Messages;
use crate::grpc::guard::Caller;
use crate::grpc::status;
use crate::state::ServerState;
use arrow::datatypes::SchemaRef;
use arrow::ipc::writer::IpcWriteOptions;
use arrow_flight::flight_service_server::FlightService;
use arrow_flight::sql::{Command, ProstMessageExt, TicketStatementQuery};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightEndpoint, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, PutResult, SchemaAsIpc, SchemaResult, Ticket,
};
use bytes::Bytes;
use prost::Message;
use statement::Statement;
use std::sync::Arc;
use tonic::{Request, Response, Status, Streaming};
use writer::Writer;

/// Answers in SQL.
pub(crate) struct Flight(pub(crate) Arc<ServerState>);

/// What is known of a result before it is computed.
struct Described {
    schema: SchemaRef,
    ticket: Bytes,
    metadata: Bytes,
}

impl Flight {
    async fn described(&self, caller: Caller, command: &[u8]) -> Result<Described, Status> {
        let statement = match command::read(command)? {
            Command::CommandStatementQuery(query) => {
                if query.transaction_id.is_some() {
                    return Err(no_transactions());
                }
                Statement::new(query.query)
            }
            Command::CommandPreparedStatementQuery(query) => {
                Statement::read(&query.prepared_statement_handle)?.again()
            }
            Command::CommandStatementUpdate(_)
            | Command::CommandPreparedStatementUpdate(_)
            | Command::CommandStatementIngest(_) => return Err(read_only()),
            other => {
                let unknown = command::unknown(&other);
                let answer = catalog::answer(&self.0, other).ok_or(unknown)??;
                return Ok(Described {
                    schema: answer.schema(),
                    ticket: Bytes::copy_from_slice(command),
                    metadata: Bytes::new(),
                });
            }
        };
        let program = match query::plan(&self.0, statement.clone()).await {
            Ok(program) => program,
            Err(status) => {
                query::refused(&self.0, caller, &statement.sql, &status);
                return Err(status);
            }
        };
        let columns = program.outputs.iter().flat_map(|output| &output.columns);
        let ticket = TicketStatementQuery {
            statement_handle: statement.encode_to_vec().into(),
        };
        Ok(Described {
            schema: schema::of_result(&columns.cloned().collect::<Vec<_>>()),
            ticket: ticket.as_any().encode_to_vec().into(),
            metadata: query::known_missing(&self.0, &program),
        })
    }
}

/// Returns how a call ends that wants to change tables.
fn read_only() -> Status {
    Status::unimplemented("tables are read-only: the agent alone fills them; ask with `SELECT`")
}

/// Returns how a call ends that wants a transaction.
fn no_transactions() -> Status {
    Status::unimplemented("there are no transactions: tables are read-only; use autocommit")
}

fn one<T: Send + 'static>(message: T) -> Messages<T> {
    Box::pin(futures::stream::once(async { Ok(message) }))
}

#[tonic::async_trait]
impl FlightService for Flight {
    type HandshakeStream = Messages<HandshakeResponse>;
    type ListFlightsStream = Messages<FlightInfo>;
    type DoGetStream = Messages<FlightData>;
    type DoPutStream = Messages<PutResult>;
    type DoActionStream = Messages<arrow_flight::Result>;
    type ListActionsStream = Messages<ActionType>;
    type DoExchangeStream = Messages<FlightData>;

    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        let answer = handshake::answer(&self.0.access, request).await?;
        Ok(answer.map(one))
    }

    async fn list_flights(
        &self,
        _: Request<Criteria>,
    ) -> Result<Response<Self::ListFlightsStream>, Status> {
        Err(Status::unimplemented(
            "results are made when they are asked for; `CommandGetTables` lists the tables",
        ))
    }

    async fn get_flight_info(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        let caller = Caller::of(&request)?;
        let descriptor = request.into_inner();
        let described = self.described(caller, &descriptor.cmd).await?;
        let endpoint = FlightEndpoint::new().with_ticket(Ticket::new(described.ticket));
        let info = FlightInfo::new().try_with_schema(&described.schema);
        let info = info.map_err(|error| Status::internal(status::with_causes(&error)))?;
        Ok(Response::new(
            info.with_descriptor(descriptor)
                .with_endpoint(endpoint)
                .with_app_metadata(described.metadata),
        ))
    }

    async fn poll_flight_info(
        &self,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        Err(Status::unimplemented(
            "a query runs while its rows are fetched, there is nothing to poll; use `GetFlightInfo`",
        ))
    }

    async fn get_schema(
        &self,
        request: Request<FlightDescriptor>,
    ) -> Result<Response<SchemaResult>, Status> {
        let caller = Caller::of(&request)?;
        let described = self.described(caller, &request.get_ref().cmd).await?;
        let options = IpcWriteOptions::default();
        let schema = SchemaResult::try_from(SchemaAsIpc::new(&described.schema, &options));
        let schema = schema.map_err(|error| Status::internal(status::with_causes(&error)))?;
        Ok(Response::new(schema))
    }

    async fn do_get(
        &self,
        request: Request<Ticket>,
    ) -> Result<Response<Self::DoGetStream>, Status> {
        let caller = Caller::of(&request)?;
        let statement = match command::read(&request.get_ref().ticket)? {
            Command::TicketStatementQuery(query) => Statement::read(&query.statement_handle)?,
            other => {
                let unknown = command::unknown(&other);
                let answer = catalog::answer(&self.0, other).ok_or(unknown)??;
                let mut writer = Writer::new(answer.schema());
                let messages = [Ok(writer.schema()), writer.rows(&answer)];
                return Ok(Response::new(Box::pin(futures::stream::iter(messages))));
            }
        };
        Ok(Response::new(query::run(&self.0, caller, statement)?))
    }

    async fn do_put(
        &self,
        request: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        let result = put::answer(request.into_inner()).await?;
        Ok(Response::new(one(result)))
    }

    async fn do_action(
        &self,
        request: Request<Action>,
    ) -> Result<Response<Self::DoActionStream>, Status> {
        let caller = Caller::of(&request)?;
        let body = action::answer(&self.0, caller, request.into_inner()).await?;
        let result = body.map(|body| Ok(arrow_flight::Result { body }));
        Ok(Response::new(Box::pin(futures::stream::iter(result))))
    }

    async fn list_actions(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        let actions = action::list().map(Ok);
        Ok(Response::new(Box::pin(futures::stream::iter(actions))))
    }

    async fn do_exchange(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        Err(Status::unimplemented(
            "rows are only handed out; use `GetFlightInfo` and `DoGet`",
        ))
    }
}
