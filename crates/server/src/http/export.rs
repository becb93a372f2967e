//! Sends rows away instead of delivering them.

use crate::completeness::told;
use crate::exports::{self, Ended};
use crate::http::answer::{causes, report};
use crate::http::query::{Failure, Frames, send};
use nixie_api::{ErrorKind, ErrorReport, Exported, FrameKind, encode_message};
use nixie_export::{ExportCounters, ExportError, RetryPolicy, Tally};
use nixie_pxl::OtelExport;
use nixie_query::{OutputStream, OutputSummary};
use std::sync::Arc;
use tonic::Code;

/// What was not exported in a run of a script.
#[derive(Default)]
pub(super) struct Unsent {
    /// Endpoints that were given up; they are not waited for again.
    given_up: Vec<String>,
    /// How much did not arrive, and why, each time.
    told: Vec<String>,
}

impl Unsent {
    /// Returns how much did not arrive, and why, if it is so.
    pub(super) fn message(&self) -> Option<String> {
        (!self.told.is_empty()).then(|| self.told.join("; "))
    }
}

/// Exports rows, and tells what became of them.
pub(super) async fn export(
    mut rows: OutputStream,
    otel: OtelExport,
    counters: Arc<ExportCounters>,
    unsent: &mut Unsent,
    frames: &Frames,
) -> Result<(), Failure> {
    let url = otel.endpoint.url.clone();
    let retry = if unsent.given_up.contains(&url) {
        RetryPolicy::ONCE
    } else {
        RetryPolicy::default()
    };
    let failed = |error: ExportError| failure(&url, &error);
    let sent = exports::send(&mut rows, otel, retry, counters).await;
    let exports::Sent { report, ended } = sent.map_err(failed)?;
    if report.spans.dropped > 0 || report.points.dropped > 0 {
        unsent.given_up.push(url.clone());
    }
    unsent.told.extend(exports::unsent(&report));
    // What has been sent before a failure is told all the same.
    let message = message(report, rows.summary());
    send(frames, encode_message(FrameKind::Export, &message)?).await?;
    match ended {
        Ok(()) => Ok(()),
        Err(Ended::Query(error)) => Err(error.into()),
        Err(Ended::Export(error)) => Err(failed(error)),
    }
}

fn failure(url: &str, error: &ExportError) -> Failure {
    let report = ErrorReport {
        causes: causes(Some(error)),
        ..report(ErrorKind::Query, format!("export to `{url}` failed"))
    };
    // As over gRPC.
    Failure::Report(Box::new(report), Code::Unavailable)
}

fn message(report: nixie_export::ExportReport, summary: OutputSummary) -> nixie_api::ExportReport {
    let exported = |tally: Tally| Exported {
        sent: tally.sent,
        refused: tally.refused,
        dropped: tally.dropped,
    };
    nixie_api::ExportReport {
        endpoint: report.endpoint,
        protocol: report.protocol.to_string(),
        rows: report.rows,
        spans: exported(report.spans),
        points: exported(report.points),
        requests: report.requests,
        retries: report.retries,
        problems: report.problems,
        elapsed_ns: u64::try_from(summary.stats.elapsed.as_nanos()).unwrap_or(u64::MAX),
        completeness: told(summary.completeness),
    }
}
