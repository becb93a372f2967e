//! Runs a script and streams its result.
//!
//! The query runs in a task of its own, which ends when the client goes away: its frames then
//! have nowhere to go.

use crate::access::Principal;
use crate::audit::{Audited, Outcome};
use crate::completeness::told;
use crate::exports;
use crate::grpc::STALLED_TIME_MAX;
use crate::http::{export, failure};
use crate::listener::Peer;
use crate::state::ServerState;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use nixie_api::{
    ApiError, Diagnostic, End, ErrorKind, ErrorReport, FRAMES_MEDIA_TYPE, FrameKind, FunctionCall,
    Language, OperatorStats, QueryRequest, ScanStats, TableColumn, TableEncoder, TableEnd,
    TableHeader, encode_message,
};
use nixie_pxl::{CompileOptions, OtelDefaults, Output, OutputColumn};
use nixie_query::{OutputStream, OutputSummary, QueryError};
use nixie_types::clock;
use serde::de::DeserializeOwned;
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio::time::{Instant, timeout};
use tonic::{Code, Status};

/// LIMIT: frames between the query and the connection; a slow client makes the query wait.
const FRAMES_WAITING_MAX: usize = 4;

pub(super) type Frames = mpsc::Sender<Result<Vec<u8>, io::Error>>;

pub(super) async fn query(
    State(state): State<Arc<ServerState>>,
    Extension(principal): Extension<Principal>,
    peer: Option<Extension<Peer>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let request = match read_json::<QueryRequest>(body, "query") {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let audited = Audited {
        principal,
        client: peer.map(|peer| peer.address),
        query_id: String::new(),
        query_name: request.script_name.clone(),
        script: request.script.clone(),
        mutation: false,
        started: Instant::now(),
    };
    let Ok(permit) = Arc::clone(&state.permits).try_acquire_owned() else {
        let mut report = report(ErrorKind::Busy, "too many queries are running".to_owned());
        report.hint = Some("try again when one of them has ended".to_owned());
        return failure(StatusCode::SERVICE_UNAVAILABLE, &report);
    };
    let (frames, receiver) = mpsc::channel(FRAMES_WAITING_MAX);
    let handle = state.query_handle.clone();
    handle.spawn(run(state, request, frames, permit, audited));
    let body = futures::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|frame| (frame, receiver))
    });
    (
        [(header::CONTENT_TYPE, FRAMES_MEDIA_TYPE)],
        Body::from_stream(body),
    )
        .into_response()
}

/// Reads the JSON of a body that is to be `what`.
pub(super) fn read_json<T: DeserializeOwned>(
    body: Result<Bytes, BytesRejection>,
    what: &str,
) -> Result<T, Box<Response>> {
    let refused = |status, message| Box::new(failure(status, &report(ErrorKind::Request, message)));
    let body = body.map_err(|error| refused(error.status(), error.body_text()))?;
    serde_json::from_slice(&body).map_err(|error| {
        let message = format!("request body is not a valid {what}, {error}");
        refused(StatusCode::BAD_REQUEST, message)
    })
}

/// Runs a query until it ends or nobody listens any more.
async fn run(
    state: Arc<ServerState>,
    request: QueryRequest,
    frames: Frames,
    permit: OwnedSemaphorePermit,
    audited: Audited,
) {
    let mut totals = Totals::default();
    let last = tokio::select! {
        last = deliver(&state, request, &frames, &mut totals) => last,
        () = frames.closed() => Err(Failure::Gone),
    };
    let outcome = match &last {
        Ok(_) => Outcome::succeeded(totals.rows, totals.rows_read),
        Err(Failure::Gone) => Outcome::failed(&Status::cancelled("the client went away")),
        Err(Failure::Stalled) => Outcome::failed(&Status::cancelled("the client took nothing")),
        Err(Failure::Report(report)) => {
            Outcome::failed(&Status::new(code(report.kind), &*report.message))
        }
    };
    audited.record(&state.agent, &outcome);
    let last = match last {
        Ok(end) => encode_message(FrameKind::End, &end),
        // There is no room for a last word: the client sees a response without an end.
        Err(Failure::Gone | Failure::Stalled) => return,
        Err(Failure::Report(report)) => encode_message(FrameKind::Error, &report),
    };
    finish(&frames, last.map_err(io::Error::other), permit).await;
}

/// Sends the last frame. Others need not wait until it is taken.
async fn finish(frames: &Frames, last: Result<Vec<u8>, io::Error>, permit: OwnedSemaphorePermit) {
    drop(permit);
    // Whether the client still listens does not matter at the end.
    let sent = timeout(STALLED_TIME_MAX, frames.send(last)).await;
    sent.unwrap_or(Ok(())).unwrap_or_default();
}

/// Why the delivery of a result ended early.
pub(super) enum Failure {
    /// Nobody listens any more.
    Gone,
    /// The client takes nothing.
    Stalled,
    Report(ErrorReport),
}

/// What is known of a finished query.
#[derive(Default)]
struct Totals {
    rows: u64,
    rows_read: u64,
}

/// Returns what gRPC calls a failure.
const fn code(kind: ErrorKind) -> Code {
    match kind {
        ErrorKind::Script | ErrorKind::Request => Code::InvalidArgument,
        ErrorKind::Query => Code::Internal,
        ErrorKind::Unauthorized => Code::Unauthenticated,
        ErrorKind::Busy => Code::ResourceExhausted,
    }
}

async fn deliver(
    state: &ServerState,
    request: QueryRequest,
    frames: &Frames,
    totals: &mut Totals,
) -> Result<End, Failure> {
    let QueryRequest {
        script,
        script_name,
        arguments,
        functions,
        language,
        otel_endpoint,
    } = request;
    let functions: Vec<_> = functions.into_iter().map(function).collect();
    let options = CompileOptions {
        now_ns: clock::now_ns(),
        script_name,
        arguments,
        otel: OtelDefaults {
            endpoint: otel_endpoint.map(exports::endpoint),
            resource: Vec::new(),
        },
        ..CompileOptions::default()
    };
    let engine = state.agent.engine();
    let compiled = match language {
        Language::Pxl => (state.compile)(engine, &script, &options, &functions),
        Language::Sql => engine.compile_sql(&script, None),
    };
    let mut program =
        compiled.map_err(|errors| Failure::Report(script_report(&options.script_name, errors)))?;
    put_stream_last(&mut program.outputs)?;
    let mut run = engine.run(program);
    let mut tables = 0;
    while let Some(output) = run.next_output().await? {
        deliver_table(output, frames, totals).await?;
        tables += 1;
    }
    let mut given_up = Vec::new();
    while let Some((rows, otel)) = run.next_export().await? {
        let counters = Arc::clone(state.agent.exports());
        export::export(rows, otel, counters, &mut given_up, frames).await?;
    }
    Ok(End { tables })
}

/// Puts the output that never ends behind all others: tables come one after the other.
fn put_stream_last(outputs: &mut [Output]) -> Result<(), Failure> {
    outputs.sort_by_key(|output| output.streaming);
    let mut streams = outputs.iter().filter(|output| output.streaming);
    let (Some(first), Some(second)) = (streams.next(), streams.next()) else {
        return Ok(());
    };
    let (first, second) = (&first.name, &second.name);
    let message =
        format!("`{first}` and `{second}` are streams, and only one can be shown at a time");
    let mut report = report(ErrorKind::Query, message);
    report.hint = Some("run a script for each, or ask over gRPC".to_owned());
    Err(Failure::Report(report))
}

fn function(call: FunctionCall) -> nixie_pxl::FunctionCall {
    nixie_pxl::FunctionCall {
        function: call.function,
        arguments: call.arguments,
        output: call.output,
    }
}

async fn deliver_table(
    mut output: OutputStream,
    frames: &Frames,
    totals: &mut Totals,
) -> Result<(), Failure> {
    let columns = output.columns().iter().map(column).collect();
    let header = TableHeader {
        name: output.name().to_owned(),
        columns,
        streaming: output.is_streaming(),
    };
    send(frames, encode_message(FrameKind::Table, &header)?).await?;
    let mut encoder = TableEncoder::new(&output.schema())?;
    while let Some(batch) = output.next().await {
        for frame in encoder.rows(&batch?)? {
            send(frames, frame).await?;
        }
    }
    send(frames, encoder.finish()?).await?;
    let end = table_end(output.summary());
    totals.rows += end.rows;
    totals.rows_read += end.scans.iter().map(|scan| scan.rows).sum::<u64>();
    send(frames, encode_message(FrameKind::TableEnd, &end)?).await
}

pub(super) async fn send(frames: &Frames, frame: Vec<u8>) -> Result<(), Failure> {
    match timeout(STALLED_TIME_MAX, frames.send(Ok(frame))).await {
        Ok(sent) => sent.map_err(|_| Failure::Gone),
        Err(_) => Err(Failure::Stalled),
    }
}

fn column(column: &OutputColumn) -> TableColumn {
    TableColumn {
        name: column.name.clone(),
        data_type: column.data_type.name().to_owned(),
        semantic_type: column.semantic_type.name().to_owned(),
    }
}

fn table_end(summary: OutputSummary) -> TableEnd {
    let OutputSummary {
        stats,
        completeness,
    } = summary;
    let scans = stats.scans.into_iter();
    let operators = stats.operators.into_iter();
    TableEnd {
        rows: stats.rows,
        bytes: stats.bytes,
        elapsed_ns: nanos(stats.elapsed),
        scans: scans
            .map(|scan| ScanStats {
                table: scan.table,
                rows: scan.rows,
                bytes: scan.bytes,
            })
            .collect(),
        completeness: told(completeness),
        operators: operators
            .map(|operator| OperatorStats {
                depth: operator.depth,
                operator: operator.operator,
                rows: operator.rows,
                bytes: operator.bytes,
                elapsed_ns: nanos(operator.elapsed),
            })
            .collect(),
    }
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

pub(super) fn script_report(name: &str, errors: Vec<nixie_pxl::Diagnostic>) -> ErrorReport {
    let count = match errors.len() {
        1 => "an error".to_owned(),
        count => format!("{count} errors"),
    };
    ErrorReport {
        diagnostics: diagnostics(errors),
        ..report(ErrorKind::Script, format!("script `{name}` has {count}"))
    }
}

/// Returns what is wrong with a script as clients are told.
pub(super) fn diagnostics(errors: Vec<nixie_pxl::Diagnostic>) -> Vec<Diagnostic> {
    let told = errors.into_iter().map(|error| Diagnostic {
        code: error.code.to_owned(),
        message: error.message,
        line: error.line,
        column: error.column,
        width: error.width,
        help: error.help,
    });
    told.collect()
}

pub(super) fn report(kind: ErrorKind, message: String) -> ErrorReport {
    ErrorReport {
        kind,
        message,
        causes: Vec::new(),
        hint: None,
        diagnostics: Vec::new(),
    }
}

/// Returns what errors say, each the cause of the one before.
pub(super) fn causes(mut error: Option<&(dyn Error + 'static)>) -> Vec<String> {
    let mut causes = Vec::new();
    while let Some(cause) = error {
        causes.push(cause.to_string());
        error = cause.source();
    }
    causes
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        Self::Report(ErrorReport {
            causes: causes(error.source()),
            ..report(ErrorKind::Query, error.to_string())
        })
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::Report(report(ErrorKind::Query, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::Semaphore;

    #[tokio::test]
    async fn a_client_that_takes_nothing_keeps_nobody_waiting() {
        let permits = Arc::new(Semaphore::new(1));
        let permit = Arc::clone(&permits).try_acquire_owned().unwrap();
        let (frames, mut taken) = mpsc::channel(1);
        frames.send(Ok(vec![1])).await.unwrap();
        let last = tokio::spawn(async move { finish(&frames, Ok(vec![2]), permit).await });
        let next = timeout(Duration::from_secs(5), permits.acquire()).await;
        assert!(next.is_ok() && !last.is_finished());
        assert_eq!(taken.recv().await.unwrap().unwrap(), [1]);
        assert_eq!(taken.recv().await.unwrap().unwrap(), [2]);
    }
}
