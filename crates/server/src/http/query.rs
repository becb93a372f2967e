//! Runs a script and streams its result.
//!
//! The query runs in a task of its own, which ends when the client goes away: its frames then
//! have nowhere to go. It ends too when the client is no longer let in.

use crate::access::{EDITOR_HINT, Principal, may_export};
use crate::audit::{Audited, Outcome};
use crate::completeness::told;
use crate::exports;
use crate::grpc::{STALLED_TIME_MAX, of_query};
use crate::http::answer::{self, Refused, causes, read, report};
use crate::http::export::{self, Unsent};
use crate::http::guard;
use crate::listener::Peer;
use crate::state::ServerState;
use crate::turn::Turn;
use axum::Extension;
use axum::body::Body;
use axum::extract::State;
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
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout};
use tonic::{Code, Status};

/// LIMIT: frames between the query and the connection; a slow client makes the query wait.
const FRAMES_WAITING_MAX: usize = 4;

pub(super) type Frames = mpsc::Sender<Result<Vec<u8>, io::Error>>;

pub(super) async fn query(
    State(state): State<Arc<ServerState>>,
    Extension(principal): Extension<Principal>,
    peer: Option<Extension<Peer>>,
    body: answer::Body,
) -> Result<Response, Refused> {
    let request: QueryRequest = read(body, "query")?;
    check(&request)?;
    let audited = Audited {
        principal,
        client: peer.map(|peer| peer.address),
        query_id: String::new(),
        query_name: request.script_name.clone(),
        script: request.script.clone(),
        mutation: false,
        started: Instant::now(),
    };
    let turn = tokio::select! {
        turn = state.turns.wait() => turn.map_err(|status| {
            let report = report(ErrorKind::Busy, status.message().to_owned());
            Refused::new(StatusCode::SERVICE_UNAVAILABLE, report)
        })?,
        refusal = state.access.lost(&audited.principal) => return Err(guard::refused(&refusal)),
    };
    let (frames, receiver) = mpsc::channel(FRAMES_WAITING_MAX);
    let handle = state.query_handle.clone();
    handle.spawn(run(state, turn, request, frames, audited));
    let body = futures::stream::unfold(receiver, async |mut receiver| {
        receiver.recv().await.map(|frame| (frame, receiver))
    });
    let body = Body::from_stream(body);
    Ok(([(header::CONTENT_TYPE, FRAMES_MEDIA_TYPE)], body).into_response())
}

/// Refuses what a language does not have, rather than to leave it out.
fn check(request: &QueryRequest) -> Result<(), Refused> {
    let is_plain = request.arguments.is_empty() && request.functions.is_empty();
    if request.language != Language::Sql || is_plain {
        return Ok(());
    }
    let message = "`arguments` and `functions` are for PxL, and the query is in SQL".to_owned();
    let report = ErrorReport {
        hint: Some("put the values into the query, or bind them over Flight SQL".to_owned()),
        ..report(ErrorKind::Request, message)
    };
    Err(Refused::new(StatusCode::BAD_REQUEST, report))
}

/// Runs a query until it ends or nobody listens any more.
async fn run(
    state: Arc<ServerState>,
    turn: Turn,
    request: QueryRequest,
    frames: Frames,
    audited: Audited,
) {
    let mut totals = Totals::default();
    let last = tokio::select! {
        last = deliver(&state, &audited.principal, turn, request, &frames, &mut totals) => last,
        () = frames.closed() => Err(Failure::Gone),
        refusal = state.access.lost(&audited.principal) => {
            Err(Failure::report(guard::report(&refusal)))
        }
    };
    let outcome = match &last {
        Ok(_) => totals.outcome(),
        Err(Failure::Gone) => Outcome::failed(&Status::cancelled("the client went away")),
        Err(Failure::Stalled) => Outcome::failed(&Status::cancelled("the client took nothing")),
        Err(Failure::Report(report, code)) => Outcome::failed(&Status::new(*code, why(report))),
    };
    audited.record(&state.agent, &outcome);
    let last = match last {
        Ok(end) => encode_message(FrameKind::End, &end),
        // There is no room for a last word: the client sees a response without an end.
        Err(Failure::Gone | Failure::Stalled) => return,
        Err(Failure::Report(report, _)) => encode_message(FrameKind::Error, &report),
    };
    // Whether the client still listens does not matter at the end.
    let sent = timeout(
        STALLED_TIME_MAX,
        frames.send(last.map_err(io::Error::other)),
    )
    .await;
    sent.unwrap_or(Ok(())).unwrap_or_default();
}

/// Why the delivery of a result ended early.
pub(super) enum Failure {
    /// Nobody listens any more.
    Gone,
    /// The client takes nothing.
    Stalled,
    /// What the client is told, and what gRPC calls it.
    Report(Box<ErrorReport>, Code),
}

impl Failure {
    pub(super) fn report(report: ErrorReport) -> Self {
        let code = match report.kind {
            ErrorKind::Script | ErrorKind::Request => Code::InvalidArgument,
            ErrorKind::Query => Code::Internal,
            ErrorKind::Unauthorized => Code::Unauthenticated,
            ErrorKind::Busy => Code::ResourceExhausted,
        };
        Self::Report(Box::new(report), code)
    }

    /// Returns what the role of whoever asks does not allow.
    fn forbidden(message: String) -> Self {
        let report = ErrorReport {
            hint: Some(EDITOR_HINT.to_owned()),
            ..report(ErrorKind::Unauthorized, message)
        };
        Self::Report(Box::new(report), Code::PermissionDenied)
    }
}

/// Returns why a query failed, in one line: with what caused it, or the first error of its script.
fn why(report: &ErrorReport) -> String {
    let mut why = report.message.clone();
    let errors = &report.diagnostics;
    let first = errors.first().map(|error| {
        let place = match error.line {
            0 => String::new(),
            line => format!("{line}:{} ", error.column),
        };
        format!("{place}{} {}", error.code, error.message)
    });
    for cause in report.causes.iter().chain(&first) {
        why.push_str(": ");
        why.push_str(cause);
    }
    match errors.len() {
        0 | 1 => why,
        count => format!("{why}; and {} more", count - 1),
    }
}

/// What is known of a finished query.
#[derive(Default)]
struct Totals {
    rows: u64,
    rows_read: u64,
    unsent: Unsent,
}

impl Totals {
    /// Returns how the query ended. The client reads in a frame what was not exported, and the query
    /// has not done what it was to do all the same.
    fn outcome(&self) -> Outcome {
        let done = Outcome::succeeded(self.rows, self.rows_read);
        match self.unsent.message() {
            Some(message) => done.but(&Status::unavailable(message)),
            None => done,
        }
    }
}

/// Runs a script and sends its tables. The turn ends with it: others need not wait until the last
/// frame is taken.
async fn deliver(
    state: &ServerState,
    principal: &Principal,
    turn: Turn,
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
        compiled.map_err(|errors| Failure::report(script_report(&options.script_name, errors)))?;
    may_export(principal, &program).map_err(Failure::forbidden)?;
    put_stream_last(&mut program.outputs)?;
    let turn = state.turns.of(turn, &program);
    let _turn = turn.map_err(|status| {
        let report = report(ErrorKind::Busy, status.message().to_owned());
        Failure::report(report)
    })?;
    let mut run = engine.run(program);
    let mut tables = 0;
    while let Some(output) = run.next_output().await? {
        deliver_table(output, frames, totals).await?;
        tables += 1;
    }
    while let Some((rows, otel)) = run.next_export().await? {
        let counters = Arc::clone(state.agent.exports());
        export::export(rows, otel, counters, &mut totals.unsent, frames).await?;
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
    Err(Failure::report(report))
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

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        let report = ErrorReport {
            causes: causes(error.source()),
            ..report(ErrorKind::Query, error.to_string())
        };
        Self::Report(Box::new(report), of_query(&error).code())
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::report(report(ErrorKind::Query, error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_what_grpc_calls_them() {
        let limit = Duration::from_secs(1);
        let Failure::Report(late, code) = QueryError::TimedOut { limit }.into() else {
            panic!("the client is told");
        };
        assert_eq!(
            (late.kind, code),
            (ErrorKind::Query, Code::DeadlineExceeded)
        );
        let Failure::Report(_, code) = Failure::report(report(ErrorKind::Request, "no".to_owned()))
        else {
            panic!("the client is told");
        };
        assert_eq!(code, Code::InvalidArgument);
    }

    #[test]
    fn why_a_query_failed_is_told_in_one_line() {
        let error = |line: usize, message: &str| nixie_pxl::Diagnostic {
            code: "unknown-column",
            message: message.to_owned(),
            line,
            column: line * 3,
            width: 1,
            help: Some("did you mean `y`?".to_owned()),
        };
        let one = script_report("s", vec![error(2, "column `x` not found")]);
        assert_eq!(
            why(&one),
            "script `s` has an error: 2:6 unknown-column column `x` not found"
        );
        let three = script_report("s", vec![error(0, "a"), error(2, "b"), error(3, "c")]);
        assert_eq!(
            why(&three),
            "script `s` has 3 errors: unknown-column a; and 2 more"
        );
        let failed = ErrorReport {
            causes: vec!["arrow error".to_owned(), "divide by zero".to_owned()],
            ..report(ErrorKind::Query, "query failed".to_owned())
        };
        assert_eq!(why(&failed), "query failed: arrow error: divide by zero");
    }
}
