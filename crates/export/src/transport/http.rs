//! OTLP/HTTP with protobuf bodies.
//!
//! The client blocks, so each attempt takes a thread of the runtime's pool for blocking work; an
//! exporter has one attempt under way at most.

use super::{Refusal, Remedy, accepted, told, with_causes};
use crate::ExportError;
use crate::request::{Accepted, Request, Signal};
use crate::target::Target;
use flate2::Compression;
use flate2::write::GzEncoder;
use nixie_pxl::OtelEndpoint;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceResponse;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{HeaderName, HeaderValue, Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body};

/// LIMIT: bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// A client that keeps its connections.
#[derive(Clone)]
pub(crate) struct Http {
    agent: Agent,
    metrics_url: String,
    traces_url: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    timeout: Duration,
}

impl Http {
    pub(super) fn new(target: &Target, endpoint: &OtelEndpoint) -> Result<Self, ExportError> {
        let mut config = Agent::config_builder()
            .timeout_global(Some(endpoint.timeout))
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0);
        if target.tls {
            let provider = Arc::new(rustls::crypto::ring::default_provider());
            let tls = TlsConfig::builder()
                .unversioned_rustls_crypto_provider(provider)
                .root_certs(RootCerts::Specific(Arc::new(system_certificates()?)));
            config = config.tls_config(tls.build());
        }
        let headers: Result<_, ExportError> = endpoint.headers.iter().map(header).collect();
        Ok(Self {
            agent: Agent::new_with_config(config.build()),
            metrics_url: target.url(Signal::Metrics),
            traces_url: target.url(Signal::Traces),
            headers: headers?,
            timeout: endpoint.timeout,
        })
    }

    pub(super) async fn send(&self, request: &Request) -> Result<Accepted, Refusal> {
        let (this, request) = (self.clone(), request.clone());
        let attempt = tokio::task::spawn_blocking(move || this.attempt(&request));
        attempt.await.unwrap_or_else(|error| {
            Err(Refusal {
                remedy: Remedy::GiveUp,
                message: format!("attempt was broken off: {error}"),
            })
        })
    }

    fn attempt(&self, request: &Request) -> Result<Accepted, Refusal> {
        let url = match request.signal() {
            Signal::Metrics => &self.metrics_url,
            Signal::Traces => &self.traces_url,
        };
        let body = gzip(&request.encode()).map_err(|error| Refusal {
            remedy: Remedy::Skip,
            message: format!("request cannot be compressed: {error}"),
        })?;
        let mut post = self
            .agent
            .post(url)
            .header("content-type", "application/x-protobuf")
            .header("content-encoding", "gzip");
        for (name, value) in &self.headers {
            post = post.header(name, value);
        }
        let mut answer = post.send(&body).map_err(|error| self.broken(&error))?;
        let (status, after) = (answer.status(), retry_after(&answer));
        let read = answer
            .body_mut()
            .with_config()
            .limit(ANSWER_BYTES_MAX)
            .read_to_vec();
        if status.is_success() {
            let bytes = read.map_err(|error| self.broken(&error))?;
            return taken(&bytes, request);
        }
        Err(refusal(status, after, &read.unwrap_or_default()))
    }

    fn broken(&self, error: &ureq::Error) -> Refusal {
        let message = match error {
            ureq::Error::Timeout(_) => {
                format!("no answer within {} s", self.timeout.as_secs_f64())
            }
            other => with_causes(other),
        };
        let remedy = match error {
            ureq::Error::Tls(_) | ureq::Error::Rustls(_) | ureq::Error::BadUri(_) => Remedy::GiveUp,
            ureq::Error::BodyExceedsLimit(_) => Remedy::Skip,
            _ => Remedy::Retry(None),
        };
        Refusal { remedy, message }
    }
}

/// Returns the certificates that this system trusts, or those of the file that `SSL_CERT_FILE` names.
///
/// # Errors
///
/// When there are none.
pub fn system_certificates() -> Result<Vec<Certificate<'static>>, ExportError> {
    let found = rustls_native_certs::load_native_certs();
    if found.certs.is_empty() {
        let problem = found.errors.first().map_or_else(
            || "this system trusts no certificate".to_owned(),
            |error| with_causes(error),
        );
        return Err(ExportError::Tls(problem));
    }
    let certificate = |der: &rustls::pki_types::CertificateDer<'_>| {
        Certificate::from_der(der.as_ref()).to_owned()
    };
    Ok(found.certs.iter().map(certificate).collect())
}

fn header((name, value): (&String, &String)) -> Result<(HeaderName, HeaderValue), ExportError> {
    let wrong = |problem| ExportError::Header {
        name: name.clone(),
        problem,
    };
    let key = HeaderName::try_from(name).map_err(|_| wrong("its name is none for HTTP"))?;
    let value =
        HeaderValue::try_from(value).map_err(|_| wrong("its value has other characters"))?;
    Ok((key, value))
}

fn gzip(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes)?;
    encoder.finish()
}

/// Reads what the receiver says of a request that it took; it may say nothing.
fn taken(bytes: &[u8], request: &Request) -> Result<Accepted, Refusal> {
    let unreadable = |_| Refusal {
        remedy: Remedy::Skip,
        message: "the answer is no protobuf message of OTLP".to_owned(),
    };
    let (refused, message) = match request.signal() {
        Signal::Metrics => {
            let answer = ExportMetricsServiceResponse::decode(bytes).map_err(unreadable)?;
            let partial = answer.partial_success.unwrap_or_default();
            (partial.rejected_data_points, partial.error_message)
        }
        Signal::Traces => {
            let answer = ExportTraceServiceResponse::decode(bytes).map_err(unreadable)?;
            let partial = answer.partial_success.unwrap_or_default();
            (partial.rejected_spans, partial.error_message)
        }
    };
    Ok(accepted(refused, &message, request))
}

/// Returns what can be done about a status, as the OTLP specification says.
fn refusal(status: StatusCode, after: Option<Duration>, body: &[u8]) -> Refusal {
    let remedy = match status.as_u16() {
        429 | 502 | 503 | 504 => Remedy::Retry(after),
        401 | 403 | 404 | 405 => Remedy::GiveUp,
        _ => Remedy::Skip,
    };
    let text = tonic_types::Status::decode(body)
        .map(|status| status.message)
        .ok()
        .or_else(|| String::from_utf8(body.to_vec()).ok())
        .unwrap_or_default();
    let message = match told(&text) {
        text if text.is_empty() => format!("status {status}"),
        text => format!("status {status}: {text}"),
    };
    Refusal { remedy, message }
}

/// Returns the time of a `Retry-After` header that gives seconds. One that gives a date is left
/// to the usual delays, since clocks differ.
fn retry_after(answer: &Response<Body>) -> Option<Duration> {
    let value = answer.headers().get("retry-after")?;
    let seconds = value.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}
