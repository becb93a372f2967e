//! A request as OTLP has it.

use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;

/// A kind of data that OTLP has an own service for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Metrics,
    Traces,
}

impl Signal {
    /// Returns the last part of the path in OTLP/HTTP.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::Metrics => "metrics",
            Self::Traces => "traces",
        }
    }
}

/// Data of one signal, sent together.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) body: Body,
    /// Number of data points or spans.
    pub(crate) items: u64,
}

/// What a request holds.
#[derive(Clone, Debug)]
pub(crate) enum Body {
    Metrics(ExportMetricsServiceRequest),
    Traces(ExportTraceServiceRequest),
}

impl Request {
    /// Returns the kind of data.
    pub(crate) const fn signal(&self) -> Signal {
        match self.body {
            Body::Metrics(_) => Signal::Metrics,
            Body::Traces(_) => Signal::Traces,
        }
    }

    /// Returns the bytes in protobuf.
    pub(crate) fn encode(&self) -> Vec<u8> {
        match &self.body {
            Body::Metrics(request) => request.encode_to_vec(),
            Body::Traces(request) => request.encode_to_vec(),
        }
    }

    /// Returns the number of those bytes.
    pub(crate) fn encoded_bytes(&self) -> usize {
        match &self.body {
            Body::Metrics(request) => request.encoded_len(),
            Body::Traces(request) => request.encoded_len(),
        }
    }
}

/// What a receiver says of a request that it took.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted {
    /// Data points or spans that it refused all the same.
    pub(crate) refused: u64,
    /// Why, or a warning.
    pub(crate) message: String,
}
