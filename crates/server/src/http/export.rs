//! Sends rows away instead of delivering them.

use crate::completeness::told;
use crate::http::query::{Failure, Frames, report, send};
use nixie_api::{ErrorKind, ErrorReport, Exported, FrameKind, encode_message};
use nixie_export::{ExportCounters, ExportError, Exporter, RetryPolicy, Tally};
use nixie_pxl::{OtelEndpoint, OtelExport};
use nixie_query::{OutputStream, OutputSummary, QueryError};
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

/// Exports rows, and tells what became of them. Endpoints that were given up in this run are not
/// waited for again.
pub(super) async fn export(
    mut rows: OutputStream,
    otel: OtelExport,
    counters: Arc<ExportCounters>,
    given_up: &mut Vec<String>,
    frames: &Frames,
) -> Result<(), Failure> {
    let url = otel.endpoint.url.clone();
    let retry = if given_up.contains(&url) {
        RetryPolicy::ONCE
    } else {
        RetryPolicy::default()
    };
    let failed = |error: ExportError| failure(&url, &error);
    let mut exporter = Exporter::start(otel, retry, counters).map_err(failed)?;
    let ended = take(&mut rows, &mut exporter).await;
    // What has been sent before a failure is told all the same.
    let report = exporter.finish().await.map_err(failed)?;
    if report.spans.dropped > 0 || report.points.dropped > 0 {
        given_up.push(url.clone());
    }
    let message = message(report, rows.summary());
    send(frames, encode_message(FrameKind::Export, &message)?).await?;
    match ended {
        Ok(()) => Ok(()),
        Err(Ended::Query(error)) => Err(error.into()),
        Err(Ended::Export(error)) => Err(failed(error)),
    }
}

/// Why an export ended before its rows.
enum Ended {
    Query(QueryError),
    Export(ExportError),
}

async fn take(rows: &mut OutputStream, exporter: &mut Exporter) -> Result<(), Ended> {
    use futures::StreamExt;
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(Ended::Query)?;
        exporter.rows(&batch).await.map_err(Ended::Export)?;
    }
    Ok(())
}

fn failure(url: &str, error: &ExportError) -> Failure {
    let mut causes = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    Failure::Report(ErrorReport {
        causes,
        ..report(ErrorKind::Query, format!("export to `{url}` failed"))
    })
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

/// Returns the endpoint that a request names.
pub(super) fn endpoint(endpoint: nixie_api::OtelEndpoint) -> OtelEndpoint {
    OtelEndpoint {
        url: endpoint.url,
        headers: endpoint.headers,
        insecure: endpoint.insecure,
        timeout: endpoint
            .timeout_s
            .map_or(OtelEndpoint::TIMEOUT_DEFAULT, Duration::from_secs),
    }
}
