//! Runs one script: what is sent, in which order.
//!
//! ```text
//! messages = { metadata of each table } · { batches } · statistics
//!          | status with the errors of the script
//!          | { metadata } · { batches } · status of what failed
//! ```

use super::{exports, mutations};
use crate::access::{EDITOR_HINT, Principal, may_export};
use crate::audit::Outcome;
use crate::grpc::queries::Query;
use crate::grpc::status;
use crate::state::ServerState;
use crate::turn::Turn;
use arrow::array::RecordBatch;
use futures::StreamExt;
use nixie_api::BatchEncoder;
use nixie_api::proto::vizierpb::execute_script_response::Result as Content;
use nixie_api::proto::vizierpb::relation::ColumnInfo;
use nixie_api::proto::vizierpb::table_completeness::Lost;
use nixie_api::proto::vizierpb::{
    ExecuteScriptRequest, ExecuteScriptResponse, QueryData, QueryExecutionStats, QueryMetadata,
    QueryTimingInfo, Relation, TableCompleteness,
};
use nixie_pxl::{CompileOptions, FunctionCall, OtelDefaults, OutputColumn, Program};
use nixie_query::{Completeness, OutputStream, PLAN_OUTPUT};
use nixie_types::{DataType, SemanticType, clock};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::Status;
use uuid::Uuid;

/// Why a query ended early.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nobody wants it any more.
    Gone,
    Status(Status),
}

/// A query and what all its messages carry.
struct Sender<'a> {
    query: &'a Query,
    id: String,
}

impl Sender<'_> {
    async fn send(&self, content: Content) -> Result<(), Failure> {
        let message = ExecuteScriptResponse {
            result: Some(content),
            ..self.empty()
        };
        Ok(self.query.put(message).await?)
    }

    async fn data(&self, data: QueryData) -> Result<(), Failure> {
        self.send(Content::Data(data)).await
    }

    fn empty(&self) -> ExecuteScriptResponse {
        ExecuteScriptResponse {
            query_id: self.id.clone(),
            ..ExecuteScriptResponse::default()
        }
    }

    /// Tells of a failure, and returns it.
    async fn fail(
        &self,
        report: nixie_api::proto::vizierpb::Status,
        end: Status,
    ) -> Result<Failure, Failure> {
        let message = ExecuteScriptResponse {
            status: Some(report),
            ..self.empty()
        };
        self.query.put(message).await?;
        Ok(Failure::Status(end))
    }
}

/// Runs a script, and puts everything that is to be sent into the query's buffer.
pub(super) async fn run(
    state: &ServerState,
    principal: &Principal,
    turn: Turn,
    request: ExecuteScriptRequest,
    query: &Query,
) -> Result<Outcome, Failure> {
    let sender = Sender {
        query,
        id: query.id().to_string(),
    };
    let started = Instant::now();
    let functions = functions(&request)?;
    let options = options(&request);
    let compiled = (state.compile)(
        state.agent.engine(),
        &request.query_str,
        &options,
        &functions,
    );
    let program = match compiled {
        Ok(program) => program,
        Err(errors) => {
            let (report, end) = status::of_script(&request.query_str, &errors);
            return Err(sender.fail(report, end).await?);
        }
    };
    if let Err(why) = may_export(principal, &program) {
        let end = Status::permission_denied(format!("{why}; {EDITOR_HINT}"));
        return Err(sender.fail(status::report(&end), end).await?);
    }
    if request.mutation || !program.mutations.is_empty() {
        let (info, end) = mutations::apply(&program.mutations, request.mutation);
        if let Some(info) = info {
            query
                .put(ExecuteScriptResponse {
                    mutation_info: Some(info),
                    ..sender.empty()
                })
                .await?;
        }
        end?;
    }
    let compiled_in = started.elapsed();
    let _turn = match state.turns.of(turn, &program) {
        Ok(turn) => turn,
        Err(end) => return Err(sender.fail(status::report(&end), end).await?),
    };
    match deliver(state, program, &sender, compiled_in).await {
        Err(Failure::Status(end)) => Err(sender.fail(status::report(&end), end).await?),
        ended => ended,
    }
}

fn options(request: &ExecuteScriptRequest) -> CompileOptions {
    let configs = request.configs.as_ref();
    let plugin = configs.and_then(|configs| configs.plugin_config.as_ref());
    let endpoint = configs.and_then(|configs| configs.otel_endpoint_config.as_ref());
    CompileOptions {
        now_ns: clock::now_ns(),
        script_name: request.query_name.clone(),
        plugin_range_ns: plugin.map(|range| (range.start_time_ns, range.end_time_ns)),
        otel: OtelDefaults {
            endpoint: endpoint.map(exports::endpoint),
            ..OtelDefaults::default()
        },
        ..CompileOptions::default()
    }
}

fn functions(request: &ExecuteScriptRequest) -> Result<Vec<FunctionCall>, Status> {
    let calls = request.exec_funcs.iter().map(|call| {
        let mut arguments = BTreeMap::new();
        for argument in &call.arg_values {
            if arguments
                .insert(argument.name.clone(), argument.value.clone())
                .is_some()
            {
                return Err(Status::invalid_argument(format!(
                    "argument `{}` of function `{}` is given twice",
                    status::shown(&argument.name),
                    status::shown(&call.func_name)
                )));
            }
        }
        Ok(FunctionCall {
            function: call.func_name.clone(),
            arguments,
            output: call.output_table_prefix.clone(),
        })
    });
    calls.collect()
}

/// What is known of a finished query.
#[derive(Default)]
struct Totals {
    rows: u64,
    rows_read: u64,
    bytes_read: u64,
    completeness: Vec<TableCompleteness>,
}

impl Totals {
    fn add(&mut self, table: Self) {
        self.rows += table.rows;
        self.rows_read += table.rows_read;
        self.bytes_read += table.bytes_read;
        self.completeness.extend(table.completeness);
    }
}

async fn deliver(
    state: &ServerState,
    program: Program,
    sender: &Sender<'_>,
    compiled_in: Duration,
) -> Result<Outcome, Failure> {
    let started = Instant::now();
    let tables = announce(&program, sender).await?;
    let is_endless = tables.iter().any(|table| table.streaming);
    let mut run = state.agent.engine().run(program);
    let mut tables = tables.into_iter();
    let mut totals = Totals::default();
    let mut endless = Vec::new();
    while let Some(output) = run.next_output().await? {
        let Some(table) = tables.next() else {
            let message = format!("table `{}` was not announced", output.name());
            return Err(Failure::Status(Status::internal(message)));
        };
        if is_endless {
            // None of them may wait for the end of another.
            endless.push(deliver_table(output, table, sender));
        } else {
            totals.add(deliver_table(output, table, sender).await?);
        }
    }
    for table in futures::future::try_join_all(endless).await? {
        totals.add(table);
    }
    while let Some((rows, otel)) = run.next_export().await? {
        exports::export(rows, otel, Arc::clone(state.agent.exports())).await?;
    }
    let stats = QueryExecutionStats {
        timing: Some(QueryTimingInfo {
            execution_time_ns: nanos(started.elapsed()),
            compilation_time_ns: nanos(compiled_in),
        }),
        bytes_processed: totals.bytes_read.try_into().unwrap_or(i64::MAX),
        records_processed: totals.rows_read.try_into().unwrap_or(i64::MAX),
        completeness: totals.completeness,
    };
    let data = QueryData {
        execution_stats: Some(stats),
        ..QueryData::default()
    };
    sender.data(data).await?;
    Ok(Outcome::succeeded(totals.rows, totals.rows_read))
}

/// A table that has been announced.
struct Table {
    id: String,
    /// Its rows never end, and none of them may be held back.
    streaming: bool,
}

/// Sends the metadata of all tables.
async fn announce(program: &Program, sender: &Sender<'_>) -> Result<Vec<Table>, Failure> {
    let mut tables: Vec<(String, bool, Vec<ColumnInfo>)> = program
        .outputs
        .iter()
        .map(|output| {
            (
                output.name.clone(),
                output.streaming,
                output.columns.iter().map(column).collect(),
            )
        })
        .collect();
    let asks_for_plan = program.flags.explain || program.flags.analyze;
    if asks_for_plan && !program.outputs.is_empty() {
        let plan = OutputColumn {
            name: "query_plan".to_owned(),
            data_type: DataType::String,
            semantic_type: SemanticType::None,
        };
        tables.push((PLAN_OUTPUT.to_owned(), false, vec![column(&plan)]));
    }
    let mut announced = Vec::with_capacity(tables.len());
    for (name, streaming, columns) in tables {
        let id = Uuid::new_v4().to_string();
        announced.push(Table {
            id: id.clone(),
            streaming,
        });
        let relation = Some(Relation { columns });
        sender
            .send(Content::MetaData(QueryMetadata { relation, name, id }))
            .await?;
    }
    Ok(announced)
}

fn column(column: &OutputColumn) -> ColumnInfo {
    ColumnInfo {
        column_name: column.name.clone(),
        column_type: column.data_type as i32,
        column_desc: String::new(),
        column_semantic_type: column.semantic_type as i32,
    }
}

/// Sends the rows of a table. One batch is held back: the last one must say so.
async fn deliver_table(
    mut output: OutputStream,
    table: Table,
    sender: &Sender<'_>,
) -> Result<Totals, Failure> {
    let encoder = BatchEncoder::new(table.id.clone());
    let mut held = None;
    while let Some(batch) = output.next().await {
        for piece in encoder.pieces(&batch?)? {
            if table.streaming {
                send_batch(&encoder, &piece, false, sender).await?;
            } else if let Some(before) = held.replace(piece) {
                send_batch(&encoder, &before, false, sender).await?;
            }
        }
    }
    let last = held.unwrap_or_else(|| RecordBatch::new_empty(output.schema()));
    send_batch(&encoder, &last, true, sender).await?;
    let summary = output.summary();
    let scans = &summary.stats.scans;
    let missing =
        (!is_complete(&summary.completeness)).then(|| completeness(table.id, summary.completeness));
    Ok(Totals {
        rows: summary.stats.rows,
        rows_read: scans.iter().map(|scan| scan.rows).sum(),
        bytes_read: scans.iter().map(|scan| scan.bytes).sum(),
        completeness: missing.into_iter().collect(),
    })
}

async fn send_batch(
    encoder: &BatchEncoder,
    batch: &RecordBatch,
    is_last: bool,
    sender: &Sender<'_>,
) -> Result<(), Failure> {
    let batch = encoder.encode(batch, is_last)?;
    sender
        .data(QueryData {
            batch,
            ..QueryData::default()
        })
        .await
}

fn is_complete(completeness: &Completeness) -> bool {
    *completeness == Completeness::default()
}

fn completeness(table_id: String, of: Completeness) -> TableCompleteness {
    let lost = of.lost.into_iter();
    let lost = lost.map(|lost| Lost {
        reason: lost.reason,
        count: lost.count,
        bytes: lost.bytes,
    });
    TableCompleteness {
        table_id,
        lost: lost.collect(),
        evicted_until_ns: of.evicted_until_ns.unwrap_or_default(),
        cut_at_rows: of.cut_at_rows.unwrap_or_default(),
    }
}

fn nanos(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}
