//! What `px.otel` makes: descriptions of metrics and spans, whose columns are names only until
//! `px.export` gives them a DataFrame.

use crate::otel::OtelEndpoint;
use crate::plan::Literal;
use ruff_text_size::TextRange;
use std::rc::Rc;

/// A value that a function of `px.otel` returns.
#[derive(Debug)]
pub(crate) enum OtelObject {
    /// `px.otel.Data(...)`
    Data(Data),
    /// `px.otel.Endpoint(...)`
    Endpoint(OtelEndpoint),
    /// `px.otel.metric.Gauge(...)` or `px.otel.metric.Summary(...)`
    Metric(Rc<Metric>),
    /// `px.otel.trace.Span(...)`
    Span(Rc<Span>),
}

impl OtelObject {
    /// Returns the kind in messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Data(_) => "export config",
            Self::Endpoint(_) => "endpoint",
            Self::Metric(_) | Self::Span(_) => "oteldatacontainer",
        }
    }
}

/// What rows are about, and what becomes of them.
#[derive(Debug)]
pub(crate) struct Data {
    pub(crate) resource: Vec<Attribute>,
    pub(crate) metrics: Vec<Rc<Metric>>,
    pub(crate) spans: Vec<Rc<Span>>,
    pub(crate) endpoint: Option<OtelEndpoint>,
}

/// A column, and where the script names it.
#[derive(Clone, Debug)]
pub(crate) struct ColumnName {
    pub(crate) name: Rc<str>,
    pub(crate) range: TextRange,
}

/// An attribute.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) key: Rc<str>,
    pub(crate) value: Value,
}

/// The value of an attribute.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Column(ColumnName),
    Literal(Literal),
}

/// A metric.
#[derive(Debug)]
pub(crate) struct Metric {
    pub(crate) name: Rc<str>,
    pub(crate) description: Rc<str>,
    /// None takes it from the meaning of the values.
    pub(crate) unit: Option<Rc<str>>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) data: MetricData,
    pub(crate) range: TextRange,
}

/// Where the values of a metric come from.
#[derive(Debug)]
pub(crate) enum MetricData {
    Gauge {
        value: ColumnName,
    },
    Summary {
        count: ColumnName,
        sum: ColumnName,
        quantiles: Vec<(f64, ColumnName)>,
    },
}

/// A span.
#[derive(Debug)]
pub(crate) struct Span {
    pub(crate) name: Value,
    pub(crate) start: ColumnName,
    pub(crate) end: ColumnName,
    pub(crate) trace_id: Option<ColumnName>,
    pub(crate) span_id: Option<ColumnName>,
    pub(crate) parent_span_id: Option<ColumnName>,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) kind: i32,
}

/// The kinds of spans, by their numbers.
pub(crate) const SPAN_KINDS: &[(&str, i32)] = &[
    ("SPAN_KIND_UNSPECIFIED", 0),
    ("SPAN_KIND_INTERNAL", 1),
    ("SPAN_KIND_SERVER", SPAN_KIND_SERVER),
    ("SPAN_KIND_CLIENT", 3),
    ("SPAN_KIND_PRODUCER", 4),
    ("SPAN_KIND_CONSUMER", 5),
];

/// The kind of a span when the script does not say it.
pub(crate) const SPAN_KIND_SERVER: i32 = 2;
