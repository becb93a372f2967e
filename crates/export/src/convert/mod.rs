//! Makes requests of rows.
//!
//! Rows that are about the same resource stand together, so that a resource is sent once a
//! request and not once a row. What a row gives does not depend on the rows around it.

mod attributes;
mod columns;
mod ids;
mod metrics;
mod spans;

use crate::ExportError;
use crate::request::{Body, Request, Signal};
use arrow::array::RecordBatch;
use attributes::Resources;
use columns::Columns;
use nixie_pxl::OtelExport;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::InstrumentationScope;
use std::ops::Range;

/// LIMIT: rows of one request.
const ROWS_MAX: usize = 1000;

/// LIMIT: bytes of one request, unless a single row gives more; receivers take 4 MiB by default.
const REQUEST_BYTES_MAX: usize = 3 << 20;

/// Makes requests of the batches of an export.
#[derive(Clone, Debug)]
pub(crate) struct Converter {
    export: OtelExport,
}

impl Converter {
    pub(crate) const fn new(export: OtelExport) -> Self {
        Self { export }
    }

    /// Returns the requests for some rows.
    pub(crate) fn convert(&self, batch: &RecordBatch) -> Result<Vec<Request>, ExportError> {
        let columns = Columns::of(batch);
        let signals = [
            (Signal::Metrics, self.export.metrics.is_empty()),
            (Signal::Traces, self.export.spans.is_empty()),
        ];
        let mut requests = Vec::new();
        for (signal, is_empty) in signals {
            if is_empty {
                continue;
            }
            for start in (0..batch.num_rows()).step_by(ROWS_MAX) {
                let end = batch.num_rows().min(start + ROWS_MAX);
                self.divide(&columns, start..end, signal, &mut requests)?;
            }
        }
        Ok(requests)
    }

    /// Adds the requests for a range of rows: one, or more where it would be too large.
    fn divide(
        &self,
        columns: &Columns,
        rows: Range<usize>,
        signal: Signal,
        requests: &mut Vec<Request>,
    ) -> Result<(), ExportError> {
        let request = self.request(columns, rows.clone(), signal)?;
        if request.encoded_bytes() <= REQUEST_BYTES_MAX || rows.len() <= 1 {
            requests.push(request);
            return Ok(());
        }
        let middle = rows.start + rows.len() / 2;
        self.divide(columns, rows.start..middle, signal, requests)?;
        self.divide(columns, middle..rows.end, signal, requests)
    }

    fn request(
        &self,
        columns: &Columns,
        rows: Range<usize>,
        signal: Signal,
    ) -> Result<Request, ExportError> {
        let export = &self.export;
        let resources = Resources::of(&export.resource, columns, rows)?;
        let per_row = match signal {
            Signal::Metrics => export.metrics.len(),
            Signal::Traces => export.spans.len(),
        };
        let items = (resources.rows() * per_row) as u64;
        let resources = resources.into_iter();
        let body = match signal {
            Signal::Metrics => {
                let resource_metrics: Result<_, _> = resources
                    .map(|resource| metrics::of(&export.metrics, columns, resource))
                    .collect();
                Body::Metrics(ExportMetricsServiceRequest {
                    resource_metrics: resource_metrics?,
                })
            }
            Signal::Traces => {
                let resource_spans: Result<_, _> = resources
                    .map(|resource| spans::of(&export.spans, columns, resource))
                    .collect();
                Body::Traces(ExportTraceServiceRequest {
                    resource_spans: resource_spans?,
                })
            }
        };
        Ok(Request { body, items })
    }
}

/// Returns who made the data.
fn scope() -> InstrumentationScope {
    InstrumentationScope {
        name: "nixie".to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ..InstrumentationScope::default()
    }
}

/// Returns a time as OTLP has it; there is none before 1970.
fn unix_nano(ns: i64) -> u64 {
    u64::try_from(ns).unwrap_or(0)
}

#[cfg(test)]
mod tests;
