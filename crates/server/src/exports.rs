//! Sends the rows of scripts away, whoever runs them.

use futures::StreamExt;
use nixie_export::{ExportCounters, ExportError, ExportReport, Exporter, RetryPolicy};
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
