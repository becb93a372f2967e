//! A receiver by HTTP.

use crate::data::{batch, export, gauge, send};
use crate::fields;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use nixie_export::{Protocol, Tally};
use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsPartialSuccess, ExportMetricsServiceRequest, ExportMetricsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use prost::Message;
use std::collections::VecDeque;
use std::io::Read;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Path, headers and body of a request.
type Got = (String, HeaderMap, Vec<u8>);

type Answer = (StatusCode, Option<u64>, Vec<u8>);

#[derive(Clone, Default)]
struct Receiver {
    url: String,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    seen: Arc<Mutex<Vec<Got>>>,
}

impl Receiver {
    async fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let receiver = Self {
            url: format!("http://{}/otlp/v1/metrics", listener.local_addr().unwrap()),
            answers: Arc::new(Mutex::new(answers.iter().cloned().collect())),
            ..Self::default()
        };
        let router = Router::new().fallback(take).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        receiver
    }
}

async fn take(
    State(receiver): State<Receiver>,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut plain = Vec::new();
    GzDecoder::new(&body[..]).read_to_end(&mut plain).unwrap();
    receiver
        .seen
        .lock()
        .unwrap()
        .push((uri.path().to_owned(), headers, plain));
    let answer = receiver.answers.lock().unwrap().pop_front();
    let (status, after, body) = answer.unwrap_or((StatusCode::OK, None, Vec::new()));
    let mut response = (status, body).into_response();
    if let Some(after) = after {
        response.headers_mut().insert("retry-after", after.into());
    }
    response
}

const fn tally(sent: u64, refused: u64, dropped: u64) -> Tally {
    Tally {
        sent,
        refused,
        dropped,
    }
}

#[tokio::test]
async fn by_http_every_field_arrives() {
    let receiver = Receiver::start(&[]).await;
    let (report, _) = send(export(&receiver.url), &[batch(2)]).await.unwrap();
    assert_eq!(report.protocol, Protocol::Http);
    assert_eq!(
        (report.points, report.spans),
        (tally(12, 0, 0), tally(4, 0, 0))
    );
    let seen = receiver.seen.lock().unwrap();
    let [metrics, traces] = seen.as_slice() else {
        panic!("{}", seen.len());
    };
    assert_eq!(
        (metrics.0.as_str(), traces.0.as_str()),
        ("/otlp/v1/metrics", "/otlp/v1/traces")
    );
    fields::metrics(&ExportMetricsServiceRequest::decode(&metrics.2[..]).unwrap());
    fields::traces(&ExportTraceServiceRequest::decode(&traces.2[..]).unwrap());
    for (_, headers, _) in seen.iter() {
        assert_eq!(headers["content-type"], "application/x-protobuf");
        assert_eq!(headers["content-encoding"], "gzip");
        assert_eq!(headers["api-key"], "k1");
    }
}

#[tokio::test]
async fn a_busy_receiver_is_asked_again() {
    let receiver = Receiver::start(&[
        (StatusCode::SERVICE_UNAVAILABLE, None, Vec::new()),
        (StatusCode::TOO_MANY_REQUESTS, Some(0), Vec::new()),
    ])
    .await;
    let (report, _) = send(gauge(&receiver.url), &[batch(3)]).await.unwrap();
    assert_eq!((report.points, report.retries), (tally(3, 0, 0), 2));
}

#[tokio::test]
async fn a_partial_success_is_counted() {
    let partial = ExportMetricsServiceResponse {
        partial_success: Some(ExportMetricsPartialSuccess {
            rejected_data_points: 1,
            error_message: "one is too old".to_owned(),
        }),
    };
    let receiver = Receiver::start(&[(StatusCode::OK, None, partial.encode_to_vec())]).await;
    let (report, _) = send(gauge(&receiver.url), &[batch(3)]).await.unwrap();
    assert_eq!(report.points, tally(2, 1, 0));
    assert_eq!(report.problems, ["one is too old"]);
}

#[tokio::test]
async fn refusals_are_told_with_their_reason() {
    let status = tonic_types::Status {
        code: 3,
        message: "bad unit".to_owned(),
        details: Vec::new(),
    };
    for (answer, expected) in [
        (
            (StatusCode::BAD_REQUEST, None, status.encode_to_vec()),
            "status 400 Bad Request: bad unit",
        ),
        (
            (StatusCode::PAYLOAD_TOO_LARGE, None, Vec::new()),
            "status 413 Payload Too Large",
        ),
        (
            (
                StatusCode::TEMPORARY_REDIRECT,
                None,
                b"go \x1b away".to_vec(),
            ),
            "status 307 Temporary Redirect: go   away",
        ),
    ] {
        let receiver = Receiver::start(&[answer]).await;
        let (report, _) = send(gauge(&receiver.url), &[batch(3)]).await.unwrap();
        assert_eq!((report.points, report.retries), (tally(0, 3, 0), 0));
        assert_eq!(report.problems, [expected]);
    }
    let missing = (StatusCode::NOT_FOUND, None, Vec::new());
    let receiver = Receiver::start(&[missing]).await;
    let (report, _) = send(gauge(&receiver.url), &[batch(3), batch(1)])
        .await
        .unwrap();
    assert_eq!((report.points, report.requests), (tally(0, 0, 4), 1));
}

#[tokio::test]
async fn an_answer_that_is_none_is_told() {
    let receiver = Receiver::start(&[(StatusCode::OK, None, b"<html>".to_vec())]).await;
    let (report, _) = send(gauge(&receiver.url), &[batch(3)]).await.unwrap();
    assert_eq!(report.points, tally(0, 3, 0));
    assert_eq!(
        report.problems,
        ["the answer is no protobuf message of OTLP"]
    );
}

#[tokio::test]
async fn what_nobody_receives_is_dropped() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/metrics", free.local_addr().unwrap());
    drop(free);
    let (report, _) = send(gauge(&url), &[batch(3)]).await.unwrap();
    assert_eq!(report.points, tally(0, 0, 3));
    assert!(
        report.problems[0].contains("Connection refused"),
        "{report:?}"
    );
}
