//! Plans queries, runs them, and hands out their rows.
//!
//! A query runs in a task of its own and puts messages into a short channel. It ends with the call:
//! a client that goes away, cancels, takes nothing or is no longer let in stops it.

use super::running::RunningQuery;
use super::schema;
use super::statement::Statement;
use super::writer::Writer;
use crate::audit::{Audited, Outcome};
use crate::completeness::told;
use crate::grpc::guard::{self, Caller};
use crate::grpc::queries::STALLED_TIME_MAX;
use crate::grpc::{Messages, status};
use crate::state::ServerState;
use crate::turn::planned;
use arrow_flight::FlightData;
use bytes::Bytes;
use futures::StreamExt;
use nixie_api::BatchEncoder;
use nixie_pxl::Program;
use nixie_query::{OutputStream, SqlDescription};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, timeout};
use tonic::Status;

/// LIMIT: messages between a query and its client, of about 1 MiB each; a slow client makes the
/// query wait.
const MESSAGES_WAITING_MAX: usize = 4;

/// Returns the program of a query, all rows of which are wanted.
pub(super) async fn plan(
    state: &Arc<ServerState>,
    statement: Statement,
) -> Result<Program, Status> {
    let own = Arc::clone(state);
    planned(&state.query_handle, move || program(&own, &statement)).await?
}

/// Describes a query.
pub(super) async fn describe(
    state: &Arc<ServerState>,
    sql: String,
) -> Result<SqlDescription, Status> {
    let own = Arc::clone(state);
    let described = planned(&state.query_handle, move || {
        own.agent.engine().describe_sql(&sql)
    });
    described.await?.map_err(|errors| status::of_sql(&errors))
}

fn program(state: &ServerState, statement: &Statement) -> Result<Program, Status> {
    let row = statement.parameters()?;
    let compiled = state
        .agent
        .engine()
        .compile_sql(&statement.sql, row.as_ref());
    let mut program = compiled.map_err(|errors| status::of_sql(&errors))?;
    for output in &mut program.outputs {
        // Nobody looks at them on a page; programs page as they like.
        output.rows_max = None;
    }
    Ok(program)
}

/// Notes a query that is not even begun.
pub(super) fn refused(state: &ServerState, caller: Caller, sql: &str, status: &Status) {
    audited(caller, sql.to_owned(), String::new()).record(&state.agent, &Outcome::failed(status));
}

fn audited(caller: Caller, script: String, query_id: String) -> Audited {
    Audited {
        principal: caller.principal,
        client: caller.address,
        query_id,
        query_name: "Flight SQL".to_owned(),
        script,
        mutation: false,
        started: Instant::now(),
    }
}

/// Starts a query, and returns its messages.
pub(super) fn run(
    state: &Arc<ServerState>,
    caller: Caller,
    statement: Statement,
) -> Result<Messages<FlightData>, Status> {
    let running = state.running.begin(&caller.principal.name, &statement.id)?;
    let (messages, received) = mpsc::channel(MESSAGES_WAITING_MAX);
    let (end, ended) = oneshot::channel();
    let task = Task {
        state: Arc::clone(state),
        statement,
        messages,
        running,
    };
    state.query_handle.spawn(task.run(caller, end));
    Ok(Box::pin(stream(received, ended)))
}

/// Returns messages, and then how the query has ended: a result that is cut off never looks whole.
fn stream(
    received: mpsc::Receiver<FlightData>,
    ended: oneshot::Receiver<Status>,
) -> impl futures::Stream<Item = Result<FlightData, Status>> + Send {
    futures::stream::unfold(Some((received, ended)), async |parts| {
        let (mut received, ended) = parts?;
        if let Some(message) = received.recv().await {
            return Some((Ok(message), Some((received, ended))));
        }
        let end = ended.await;
        let end = end.unwrap_or_else(|_| Status::internal("the query ended unexpectedly"));
        (end.code() != tonic::Code::Ok).then_some((Err(end), None))
    })
}

/// A query that runs.
struct Task {
    state: Arc<ServerState>,
    statement: Statement,
    messages: mpsc::Sender<FlightData>,
    running: RunningQuery,
}

impl Task {
    /// Runs the query until it ends, or nobody wants it any more, or its client is no longer let in.
    async fn run(self, caller: Caller, end: oneshot::Sender<Status>) {
        let deadline = caller.deadline;
        let (sql, id) = (self.statement.sql.clone(), self.statement.id.clone());
        let audited = audited(caller, sql, id);
        let ended = tokio::select! {
            ended = self.in_turn() => ended,
            () = self.messages.closed() => Err(Status::cancelled("the client went away")),
            () = self.running.cancelled() => Err(Status::cancelled("the client cancelled the query")),
            refusal = self.state.access.lost(&audited.principal) => Err(guard::refused(&refusal)),
            () = passed(deadline) => Err(Status::deadline_exceeded(
                "the client's deadline passed before the query had ended; give it more time, or \
                 ask for a shorter time range",
            )),
        };
        let (outcome, last) = match ended {
            Ok(outcome) => (outcome, Status::ok("")),
            Err(status) => (Outcome::failed(&status), status),
        };
        audited.record(&self.state.agent, &outcome);
        // The client may have gone.
        end.send(last).unwrap_or_default();
    }

    async fn in_turn(&self) -> Result<Outcome, Status> {
        let _turn = self.state.turns.wait().await?;
        let program = program(&self.state, &self.statement)?;
        let engine = self.state.agent.engine();
        let mut run = engine.run(program);
        let started = run.next_output().await;
        let started = started.map_err(|error| status::of_query(&error))?;
        let Some(output) = started else {
            return Err(Status::internal("the query has no result"));
        };
        self.deliver(output).await
    }

    /// Sends all rows. One message is held back: the last one says what is missing.
    async fn deliver(&self, mut output: OutputStream) -> Result<Outcome, Status> {
        let mut writer = Writer::new(schema::of_result(output.columns()));
        self.send(writer.schema()).await?;
        let encoder = BatchEncoder::new(String::new());
        let mut held = None;
        while let Some(batch) = output.next().await {
            let batch = batch.map_err(|error| status::of_query(&error))?;
            let pieces = encoder.pieces(&batch);
            for piece in pieces.map_err(|error| status::of_api(&error))? {
                if let Some(before) = held.replace(writer.rows(&piece)?) {
                    self.send(before).await?;
                }
            }
        }
        let summary = output.summary();
        let last = match held {
            Some(last) => last,
            None => writer.nothing()?,
        };
        let rows = summary.stats.rows;
        let rows_read = summary.stats.scans.iter().map(|scan| scan.rows).sum();
        let metadata = json!({"rows": rows, "completeness": told(summary.completeness)});
        self.send(last.with_app_metadata(metadata.to_string()))
            .await?;
        Ok(Outcome::succeeded(rows, rows_read))
    }

    async fn send(&self, message: FlightData) -> Result<(), Status> {
        match timeout(STALLED_TIME_MAX, self.messages.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Status::cancelled("the client went away")),
            Err(_) => Err(Status::cancelled(format!(
                "the client took nothing for {} s, and the query was stopped; read faster, or ask \
                 for fewer rows",
                STALLED_TIME_MAX.as_secs()
            ))),
        }
    }
}

/// Waits for a deadline, for ever without one.
async fn passed(deadline: Option<Instant>) {
    match deadline {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Returns what is already known to be missing from a result, for who asks before it runs.
pub(super) fn known_missing(state: &ServerState, program: &Program) -> Bytes {
    let completeness = told(state.agent.engine().completeness(program));
    Bytes::from(json!({"completeness": completeness}).to_string())
}
