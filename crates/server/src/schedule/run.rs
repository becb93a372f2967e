//! One run of a scheduled script: compile, read, export.

use super::script::Script;
use super::store::Stats;
use super::window::Window;
use crate::exports::{self, Sent};
use crate::grpc::{of_query, of_script, with_causes};
use crate::state::ServerState;
use crate::turn::Turn;
use futures::StreamExt;
use nixie_export::{ExportError, RetryPolicy};
use nixie_pxl::OtelExport;
use nixie_query::{OutputStream, OutputSummary, QueryError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::SemaphorePermit;
use tonic::Status;

/// LIMIT: time that a run waits for others to end before it fails.
const QUEUED_TIME_MAX: Duration = Duration::from_secs(30);

/// LIMIT: what is missing, as told of one run; more is not told.
const MISSING_MAX: usize = 8;

/// A run, and what is known of it so far.
pub(super) struct Running<'a> {
    pub(super) state: &'a ServerState,
    pub(super) script: &'a Script,
    pub(super) window: Window,
    pub(super) stats: Stats,
    /// What was asked for and is not there.
    pub(super) missing: Vec<String>,
}

impl Running<'_> {
    /// Runs the script once there is room for it.
    pub(super) async fn run(&mut self) -> Result<(), Status> {
        let state = self.state;
        let period = Duration::from_secs(self.script.period_s.into());
        let turn = tokio::time::timeout(QUEUED_TIME_MAX.min(period), turn(state));
        let Ok(Some(_room)) = turn.await else {
            return Err(Status::resource_exhausted(
                "too many queries are running, and none ended in time",
            ));
        };
        let started = Instant::now();
        let options = state.schedule.options(self.script, self.window);
        let options = options.map_err(|error| Status::unavailable(with_causes(&error)))?;
        let engine = state.agent.engine();
        let text = &self.script.text;
        let program = (state.compile)(engine, text, &options, &[]);
        let program = program.map_err(|errors| of_script(text, &errors).1)?;
        self.stats.compilation_ns = nanos(started.elapsed());
        let started = Instant::now();
        let mut run = engine.run(program);
        let mut given_up = Vec::new();
        let ended = async {
            while let Some(mut output) = run.next_output().await.map_err(failed)? {
                while let Some(batch) = output.next().await {
                    batch.map_err(failed)?;
                }
                self.read(output.summary());
            }
            while let Some((rows, otel)) = run.next_export().await.map_err(failed)? {
                self.export(rows, otel, &mut given_up).await?;
            }
            Ok(())
        };
        let ended: Result<(), Status> = ended.await;
        self.stats.execution_ns = nanos(started.elapsed());
        ended?;
        if given_up.is_empty() {
            Ok(())
        } else {
            Err(Status::unavailable(given_up.join("; ")))
        }
    }

    /// Exports rows. What does not arrive is told in `given_up`, and other exports go on; those to
    /// the same receiver are tried once.
    async fn export(
        &mut self,
        mut rows: OutputStream,
        otel: OtelExport,
        given_up: &mut Vec<String>,
    ) -> Result<(), Status> {
        let place = format!("export to `{}` failed: ", otel.endpoint.url);
        let retry = if given_up.iter().any(|told| told.starts_with(&place)) {
            RetryPolicy::ONCE
        } else {
            self.retry()
        };
        let counters = Arc::clone(self.state.agent.exports());
        let sent = exports::send(&mut rows, otel, retry, counters).await;
        let wrong =
            |error: ExportError| Status::unavailable(format!("{place}{}", with_causes(&error)));
        let Sent { report, ended } = sent.map_err(wrong)?;
        self.read(rows.summary());
        let (spans, points) = (report.spans, report.points);
        self.stats.spans_sent += spans.sent;
        self.stats.points_sent += points.sent;
        self.stats.lost += spans.lost() + points.lost();
        match ended {
            Ok(()) => {}
            Err(exports::Ended::Query(error)) => return Err(failed(error)),
            Err(exports::Ended::Export(error)) => return Err(wrong(error)),
        }
        if spans.lost() + points.lost() > 0 {
            given_up.push(format!(
                "{place}{} spans and {} data points did not arrive: {}",
                spans.lost(),
                points.lost(),
                report.problems.join("; ")
            ));
        }
        Ok(())
    }

    /// A receiver that is away must not make the script miss its next run.
    fn retry(&self) -> RetryPolicy {
        let usual = RetryPolicy::default();
        let period = Duration::from_secs(self.script.period_s.into());
        RetryPolicy {
            time_max: usual.time_max.min(period / 2),
            ..usual
        }
    }

    fn read(&mut self, summary: OutputSummary) {
        let OutputSummary {
            stats,
            completeness,
        } = summary;
        self.stats.rows += stats.rows;
        for scan in stats.scans {
            self.stats.rows_read += scan.rows;
            self.stats.bytes_read += scan.bytes;
        }
        if completeness.is_complete() {
            return;
        }
        let missing = completeness.to_string();
        if self.missing.len() < MISSING_MAX && !self.missing.contains(&missing) {
            self.missing.push(missing);
        }
    }
}

/// Waits until there is room: among scheduled scripts, and among all queries.
async fn turn(state: &ServerState) -> Option<(SemaphorePermit<'_>, Turn)> {
    // Both are closed only when the agent stops.
    let own = state.schedule.slots.acquire().await.ok()?;
    Some((own, state.turns.wait().await.ok()?))
}

fn failed(error: QueryError) -> Status {
    of_query(&error)
}

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
