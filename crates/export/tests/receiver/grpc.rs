//! A receiver by gRPC that answers as it is told.

use opentelemetry_proto::tonic::collector::metrics::v1::metrics_service_server::{
    MetricsService, MetricsServiceServer,
};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTracePartialSuccess, ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::codec::CompressionEncoding;
use tonic::metadata::MetadataMap;
use tonic::transport::{Server, ServerTlsConfig};
use tonic::{Request, Response, Status};

/// What a receiver answers to one request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// Nothing, for ever.
    Never,
    /// Takes all but so many.
    Partly(i64, &'static str),
    Refuse(Status),
}

/// What a receiver got.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) metrics: Vec<ExportMetricsServiceRequest>,
    pub(crate) traces: Vec<ExportTraceServiceRequest>,
    pub(crate) headers: Vec<MetadataMap>,
    /// Requests that were answered otherwise than by taking them.
    pub(crate) turned_away: usize,
}

/// A receiver on a port of its own.
#[derive(Clone)]
pub(crate) struct Receiver {
    pub(crate) address: SocketAddr,
    inner: Inner,
}

#[derive(Clone, Default)]
struct Inner {
    /// Answers to the next requests; what comes after is taken.
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Seen>>,
}

impl Receiver {
    pub(crate) async fn start(answers: &[Answer]) -> Self {
        Self::start_with(answers, None).await
    }

    pub(crate) async fn start_with(answers: &[Answer], tls: Option<ServerTlsConfig>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let inner = Inner {
            answers: Arc::new(Mutex::new(answers.iter().cloned().collect())),
            ..Inner::default()
        };
        let metrics =
            MetricsServiceServer::new(inner.clone()).accept_compressed(CompressionEncoding::Gzip);
        let traces =
            TraceServiceServer::new(inner.clone()).accept_compressed(CompressionEncoding::Gzip);
        let mut server = Server::builder();
        if let Some(tls) = tls {
            server = server.tls_config(tls).unwrap();
        }
        let serving = server
            .add_service(metrics)
            .add_service(traces)
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(serving);
        Self { address, inner }
    }

    pub(crate) fn url(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn seen<T>(&self, look: impl FnOnce(&Seen) -> T) -> T {
        look(&self.inner.seen.lock().unwrap())
    }
}

impl Inner {
    /// Returns how many are refused, and why.
    async fn answer(&self, headers: MetadataMap) -> Result<(i64, String), Status> {
        let answer = self.answers.lock().unwrap().pop_front();
        {
            let mut seen = self.seen.lock().unwrap();
            seen.headers.push(headers);
            seen.turned_away += usize::from(!matches!(answer, None | Some(Answer::Partly(..))));
        }
        match answer {
            None => Ok((0, String::new())),
            Some(Answer::Partly(refused, message)) => Ok((refused, message.to_owned())),
            Some(Answer::Refuse(status)) => Err(status),
            Some(Answer::Never) => std::future::pending().await,
        }
    }
}

#[tonic::async_trait]
impl MetricsService for Inner {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let (rejected_data_points, error_message) = self.answer(request.metadata().clone()).await?;
        self.seen.lock().unwrap().metrics.push(request.into_inner());
        Ok(Response::new(ExportMetricsServiceResponse {
            partial_success: Some(ExportMetricsPartialSuccess {
                rejected_data_points,
                error_message,
            }),
        }))
    }
}

#[tonic::async_trait]
impl TraceService for Inner {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let (rejected_spans, error_message) = self.answer(request.metadata().clone()).await?;
        self.seen.lock().unwrap().traces.push(request.into_inner());
        Ok(Response::new(ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans,
                error_message,
            }),
        }))
    }
}
