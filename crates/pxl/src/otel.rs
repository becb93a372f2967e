//! What a script says about an export by OpenTelemetry: plain data for whoever sends the rows.
//!
//! Columns are named by their place among [`crate::Output::columns`] of the export.

use crate::Output;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Rows that a script sends away instead of displaying them.
#[derive(Debug)]
pub struct Export {
    /// The rows. The name counts the exports of the script: `export`, `export_1` …
    pub output: Output,
    /// What becomes of them.
    pub otel: OtelExport,
}

/// What becomes of rows: each gives a data point for every metric, and every span.
#[derive(Clone, Debug, PartialEq)]
pub struct OtelExport {
    /// Where to send.
    pub endpoint: OtelEndpoint,
    /// What the data are about; has `service.name`.
    pub resource: Vec<OtelAttribute>,
    /// Metrics.
    pub metrics: Vec<OtelMetric>,
    /// Spans.
    pub spans: Vec<OtelSpan>,
}

/// Where to send, and how.
#[derive(Clone, PartialEq, Eq)]
pub struct OtelEndpoint {
    /// `host:port` for gRPC, or a URL with the path `/v1/…` for HTTP.
    pub url: String,
    /// Headers of each request. Their values are secrets, and never shown.
    pub headers: BTreeMap<String, String>,
    /// True to talk without TLS where the URL does not say it.
    pub insecure: bool,
    /// Time for one request.
    pub timeout: Duration,
}

impl OtelEndpoint {
    /// Time for one request when nothing else is said.
    pub const TIMEOUT_DEFAULT: Duration = Duration::from_secs(5);
}

impl fmt::Debug for OtelEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OtelEndpoint")
            .field("url", &self.url)
            .field("headers", &self.headers.keys())
            .field("insecure", &self.insecure)
            .field("timeout", &self.timeout)
            .finish()
    }
}

/// An attribute of a resource, a data point or a span.
#[derive(Clone, Debug, PartialEq)]
pub struct OtelAttribute {
    /// Name.
    pub key: String,
    /// Value.
    pub value: OtelValue,
}

/// Where the value of an attribute comes from.
#[derive(Clone, Debug, PartialEq)]
pub enum OtelValue {
    /// The same for all rows.
    Bool(bool),
    /// A column of type BOOLEAN, INT64, FLOAT64 or STRING.
    Column {
        /// Its place.
        index: usize,
        /// Its text may be a JSON array of names of services.
        is_service_name: bool,
    },
    /// The same for all rows.
    Float(f64),
    /// The same for all rows.
    Int(i64),
    /// The same for all rows.
    Text(String),
}

/// A metric.
#[derive(Clone, Debug, PartialEq)]
pub struct OtelMetric {
    /// Name.
    pub name: String,
    /// What it measures; may be empty.
    pub description: String,
    /// Unit in UCUM notation; may be empty.
    pub unit: String,
    /// Attributes of each data point.
    pub attributes: Vec<OtelAttribute>,
    /// Column of type TIME64NS that says when.
    pub time_column: usize,
    /// Where the values come from.
    pub data: OtelMetricData,
}

/// Where the values of a metric come from.
#[derive(Clone, Debug, PartialEq)]
pub enum OtelMetricData {
    /// The last value.
    Gauge {
        /// Column of type INT64 or FLOAT64.
        value_column: usize,
    },
    /// Values summed up by quantiles.
    Summary {
        /// Column of type INT64.
        count_column: usize,
        /// Column of type FLOAT64.
        sum_column: usize,
        /// Quantiles from 0 to 1, each with a column of type FLOAT64.
        quantile_columns: Vec<(f64, usize)>,
    },
}

/// A span.
#[derive(Clone, Debug, PartialEq)]
pub struct OtelSpan {
    /// Name.
    pub name: OtelSpanName,
    /// Column of type TIME64NS.
    pub start_column: usize,
    /// Column of type TIME64NS.
    pub end_column: usize,
    /// Column of 32 hexadecimal digits; random without one, or where it holds something else.
    pub trace_id_column: Option<usize>,
    /// Column of 16 hexadecimal digits; random without one, or where it holds something else.
    pub span_id_column: Option<usize>,
    /// Column of 16 hexadecimal digits; a root span without one, or where it holds something else.
    pub parent_span_id_column: Option<usize>,
    /// Attributes.
    pub attributes: Vec<OtelAttribute>,
    /// `SPAN_KIND_…` by its number, from 0 to 5.
    pub kind: i32,
}

/// Where the name of a span comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OtelSpanName {
    /// A column of type STRING.
    Column(usize),
    /// The same for all rows.
    Text(String),
}

/// What every export of a run has in common.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtelDefaults {
    /// Where to send when the script does not say it.
    pub endpoint: Option<OtelEndpoint>,
    /// Attributes that are added to every resource.
    pub resource: Vec<(String, String)>,
}
