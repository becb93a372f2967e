//! OTLP/gRPC.

use super::{Refusal, Remedy, accepted, told, with_causes};
use crate::ExportError;
use crate::request::{Accepted, Body, Request, Signal};
use crate::target::Target;
use nixie_pxl::OtelEndpoint;
use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_client::MetricsServiceClient;
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_client::TraceServiceClient;
use std::time::{Duration, Instant};
use tonic::codec::CompressionEncoding;
use tonic::metadata::{AsciiMetadataKey, AsciiMetadataValue, MetadataMap};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Status};
use tonic_types::StatusExt;

/// A connection that is made when it is needed, and made anew when it broke.
#[derive(Clone)]
pub(crate) struct Grpc {
    metrics: MetricsServiceClient<Channel>,
    traces: TraceServiceClient<Channel>,
    headers: MetadataMap,
    timeout: Duration,
}

impl Grpc {
    /// Returns a way to an endpoint. Must be called within a tokio runtime.
    pub(super) fn new(target: &Target, endpoint: &OtelEndpoint) -> Result<Self, ExportError> {
        let url = target.url(Signal::Metrics);
        let wrong = |error: tonic::transport::Error| ExportError::Endpoint {
            url: endpoint.url.clone(),
            problem: format!("is no address: {}", with_causes(&error)),
        };
        let mut channel = Endpoint::from_shared(url)
            .map_err(wrong)?
            .connect_timeout(endpoint.timeout);
        if target.tls {
            crate::transport::http::system_certificates()?;
            channel = channel
                .tls_config(ClientTlsConfig::new().with_native_roots())
                .map_err(|error| ExportError::Tls(with_causes(&error)))?;
        }
        let channel = channel.connect_lazy();
        Ok(Self {
            metrics: MetricsServiceClient::new(channel.clone())
                .send_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Gzip),
            traces: TraceServiceClient::new(channel)
                .send_compressed(CompressionEncoding::Gzip)
                .accept_compressed(CompressionEncoding::Gzip),
            headers: headers(endpoint)?,
            timeout: endpoint.timeout,
        })
    }

    pub(super) async fn send(&mut self, request: &Request) -> Result<Accepted, Refusal> {
        let (timeout, started) = (self.timeout, Instant::now());
        match tokio::time::timeout(timeout, self.call(request)).await {
            Ok(Ok(accepted)) => Ok(accepted),
            // The client watches the time by itself, too.
            Ok(Err(status)) if !is_late(&status) || started.elapsed() < timeout => {
                Err(refusal(&status))
            }
            _ => Err(Refusal {
                remedy: Remedy::Retry(None),
                message: format!("no answer within {} s", timeout.as_secs_f64()),
            }),
        }
    }

    async fn call(&mut self, request: &Request) -> Result<Accepted, Status> {
        match &request.body {
            Body::Metrics(body) => {
                let message = self.message(body.clone());
                let answer = self.metrics.export(message).await?.into_inner();
                let partial = answer.partial_success.unwrap_or_default();
                let (refused, message) = (partial.rejected_data_points, partial.error_message);
                Ok(accepted(refused, &message, request))
            }
            Body::Traces(body) => {
                let message = self.message(body.clone());
                let answer = self.traces.export(message).await?.into_inner();
                let partial = answer.partial_success.unwrap_or_default();
                let (refused, message) = (partial.rejected_spans, partial.error_message);
                Ok(accepted(refused, &message, request))
            }
        }
    }

    fn message<T>(&self, body: T) -> tonic::Request<T> {
        let mut message = tonic::Request::new(body);
        *message.metadata_mut() = self.headers.clone();
        message.set_timeout(self.timeout);
        message
    }
}

fn headers(endpoint: &OtelEndpoint) -> Result<MetadataMap, ExportError> {
    let mut headers = MetadataMap::with_capacity(endpoint.headers.len());
    for (name, value) in &endpoint.headers {
        let wrong = |problem| ExportError::Header {
            name: name.clone(),
            problem,
        };
        let key = AsciiMetadataKey::from_bytes(name.to_ascii_lowercase().as_bytes())
            .map_err(|_| wrong("its name is none for gRPC"))?;
        let value = AsciiMetadataValue::try_from(value.as_str())
            .map_err(|_| wrong("its value has other characters"))?;
        headers.insert(key, value);
    }
    Ok(headers)
}

fn is_late(status: &Status) -> bool {
    matches!(status.code(), Code::Cancelled | Code::DeadlineExceeded)
}

/// Returns what can be done about a status, as the OTLP specification says.
fn refusal(status: &Status) -> Refusal {
    let asked = status
        .get_details_retry_info()
        .and_then(|info| info.retry_delay);
    let remedy = match status.code() {
        Code::Aborted
        | Code::Cancelled
        | Code::DataLoss
        | Code::DeadlineExceeded
        | Code::OutOfRange
        | Code::Unavailable => Remedy::Retry(asked),
        // The receiver says by the delay that it will have room again.
        Code::ResourceExhausted if asked.is_some() => Remedy::Retry(asked),
        Code::PermissionDenied | Code::Unauthenticated | Code::Unimplemented => Remedy::GiveUp,
        // What tonic makes of a connection that broke within a call.
        Code::Internal | Code::Unknown if std::error::Error::source(status).is_some() => {
            Remedy::Retry(asked)
        }
        _ => Remedy::Skip,
    };
    let mut message = format!("{:?}", status.code());
    if !status.message().is_empty() {
        message = format!("{message}, {}", told(status.message()));
    }
    if let Some(source) = std::error::Error::source(status) {
        let cause = with_causes(source);
        if !message.contains(&cause) {
            message = format!("{message}: {cause}");
        }
    }
    Refusal { remedy, message }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn the_codes_of_the_specification_are_tried_again() {
        let remedy = |code| refusal(&Status::new(code, "")).remedy;
        for code in [Code::Unavailable, Code::DeadlineExceeded, Code::DataLoss] {
            assert_eq!(remedy(code), Remedy::Retry(None), "{code}");
        }
        for code in [
            Code::InvalidArgument,
            Code::ResourceExhausted,
            Code::Internal,
        ] {
            assert_eq!(remedy(code), Remedy::Skip, "{code}");
        }
        assert_eq!(remedy(Code::Unauthenticated), Remedy::GiveUp);
    }

    #[test]
    fn a_full_receiver_that_names_a_time_is_tried_again_after_it() {
        let delay = Duration::from_millis(700);
        let details = ErrorDetails::with_retry_info(Some(delay));
        let status = Status::with_error_details(Code::ResourceExhausted, "full", details);
        assert_eq!(
            refusal(&status),
            Refusal {
                remedy: Remedy::Retry(Some(delay)),
                message: "ResourceExhausted, full".to_owned(),
            }
        );
    }

    #[test]
    fn headers_that_cannot_be_sent_are_told_without_their_values() {
        let endpoint = |name: &str, value: &str| OtelEndpoint {
            url: "h:1".to_owned(),
            headers: [(name.to_owned(), value.to_owned())].into(),
            insecure: true,
            timeout: OtelEndpoint::TIMEOUT_DEFAULT,
        };
        assert!(headers(&endpoint("Api-Key", "secret")).is_ok());
        for (name, value) in [
            ("api key", "secret"),
            ("key-bin", "secret"),
            ("k", "secret\n"),
        ] {
            let error = headers(&endpoint(name, value)).unwrap_err().to_string();
            assert!(error.contains(name) && !error.contains("secret"), "{error}");
        }
    }
}
