//! Sends the rows of scripts away, whoever runs them.

use futures::StreamExt;
use nixie_export::{ExportCounters, ExportError, ExportReport, Exporter, RetryPolicy, Tally};
use nixie_pxl::{OtelEndpoint, OtelExport};
use nixie_query::{OutputStream, QueryError};
use std::sync::Arc;
use std::time::Duration;

/// What became of an export.
pub(crate) struct Sent {
    /// What became of the rows that there were.
    pub(crate) report: ExportReport,
    /// Whether those were all rows.
    pub(crate) ended: Result<(), Ended>,
}

/// Says how much of an export did not arrive and why, if it is so.
pub(crate) fn unsent(report: &ExportReport) -> Option<String> {
    let of = |tally: Tally, what: &str| {
        let lost = tally.lost();
        (lost > 0).then(|| format!("{lost} of {} {what}", lost + tally.sent))
    };
    let spans = of(report.spans, "spans");
    let lost: Vec<String> = spans
        .into_iter()
        .chain(of(report.points, "points"))
        .collect();
    if lost.is_empty() {
        return None;
    }
    Some(format!(
        "{} were not exported to `{}`: {}",
        lost.join(" and "),
        report.endpoint,
        report.problems.join("; ")
    ))
}

/// Why an export ended before its rows.
pub(crate) enum Ended {
    Query(QueryError),
    Export(ExportError),
}

/// Sends rows, and tells what became of them also when they ended early.
pub(crate) async fn send(
    rows: &mut OutputStream,
    otel: OtelExport,
    retry: RetryPolicy,
    counters: Arc<ExportCounters>,
) -> Result<Sent, ExportError> {
    let mut exporter = Exporter::start(otel, retry, counters)?;
    let ended = take(rows, &mut exporter).await;
    let report = exporter.finish().await?;
    Ok(Sent { report, ended })
}

async fn take(rows: &mut OutputStream, exporter: &mut Exporter) -> Result<(), Ended> {
    while let Some(batch) = rows.next().await {
        let batch = batch.map_err(Ended::Query)?;
        exporter.rows(&batch).await.map_err(Ended::Export)?;
    }
    Ok(())
}

/// Returns an endpoint as the compiler takes it.
pub(crate) fn endpoint(endpoint: nixie_api::OtelEndpoint) -> OtelEndpoint {
    OtelEndpoint {
        url: endpoint.url,
        headers: endpoint.headers,
        insecure: endpoint.insecure,
        timeout: endpoint
            .timeout_s
            .map_or(OtelEndpoint::TIMEOUT_DEFAULT, Duration::from_secs),
    }
}
