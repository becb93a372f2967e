//! Sends rows of scripts away instead of delivering them.

use super::script::Failure;
use crate::exports::{self, Ended, Sent};
use crate::grpc::status;
use nixie_api::proto::vizierpb::configs::OTelEndpointConfig;
use nixie_export::{ExportCounters, ExportError, RetryPolicy};
use nixie_pxl::{OtelEndpoint, OtelExport};
use nixie_query::OutputStream;
use std::sync::Arc;
use std::time::Duration;
use tonic::Status;

/// Exports rows. The stream has no place to tell how much arrived: what did not is a failure.
pub(super) async fn export(
    mut rows: OutputStream,
    otel: OtelExport,
    counters: Arc<ExportCounters>,
) -> Result<(), Failure> {
    let url = otel.endpoint.url.clone();
    let failed = |error: ExportError| {
        let why = status::with_causes(&error);
        Failure::Status(Status::unavailable(format!(
            "export to `{url}` failed: {why}"
        )))
    };
    let sent = exports::send(&mut rows, otel, RetryPolicy::default(), counters).await;
    let Sent { report, ended } = sent.map_err(failed)?;
    ended.map_err(|ended| match ended {
        Ended::Query(error) => Failure::from(error),
        Ended::Export(error) => failed(error),
    })?;
    let lost = [report.spans.lost(), report.points.lost()];
    if lost == [0, 0] {
        return Ok(());
    }
    let [spans, points] = lost;
    Err(Failure::Status(Status::unavailable(format!(
        "export to `{url}` failed: {spans} spans and {points} data points did not arrive: {}",
        report.problems.join("; ")
    ))))
}

/// Returns the endpoint that a request names.
pub(super) fn endpoint(config: &OTelEndpointConfig) -> OtelEndpoint {
    let timeout = u64::try_from(config.timeout)
        .ok()
        .filter(|&seconds| seconds > 0);
    OtelEndpoint {
        url: config.url.clone(),
        headers: config.headers.clone().into_iter().collect(),
        insecure: config.insecure,
        timeout: timeout.map_or(OtelEndpoint::TIMEOUT_DEFAULT, Duration::from_secs),
    }
}
