//! Clients that hold connections and answers which they do not use.

use super::connection::{Connection as Accepted, Peer, Shared, serve};
use super::traffic::{Patience, Traffic};
use super::{Certificates, TlsConfig};
use axum::body::{Body, Bytes};
use axum::routing::get;
use axum::{Extension, Router};
use futures::StreamExt;
use hyper::client::conn::http2::{Builder, Connection, SendRequest};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::convert::Infallible;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};

/// LIMIT: time for what is to happen.
const STEP_TIME_MAX: Duration = Duration::from_secs(20);

/// LIMIT: bytes of an answer that the client takes ahead of who reads it.
const CLIENT_WINDOW_BYTES: u32 = 1024;

/// Little patience, so that tests need little too.
const PATIENCE: Patience = Patience {
    unknown: Duration::from_millis(300),
    idle: Duration::from_secs(4),
    leaving: Duration::from_millis(300),
    stalled: Duration::from_secs(3),
};

type Client = Connection<TokioIo<DuplexStream>, Body, TokioExecutor>;

/// A connection, and what serves it.
struct Connected {
    requests: SendRequest<Body>,
    served: JoinHandle<()>,
}

/// Serves a connection; returns its other end.
fn served(router: Router) -> (DuplexStream, JoinHandle<()>) {
    let (near, far) = tokio::io::duplex(1024 * 1024);
    let (running, stop) = watch::channel(false);
    let shared = Arc::new(Shared {
        router,
        tls: None,
        stop,
        patience: PATIENCE,
    });
    let peer = Peer {
        address: ([127, 0, 0, 1], 1).into(),
        is_local: true,
    };
    let served = tokio::spawn(async move {
        serve(far, peer, shared).await;
        drop(running);
    });
    (near, served)
}

/// Connects a client, which does nothing unless it is run.
async fn connect(router: Router) -> (Connected, Client) {
    let (near, served) = served(router);
    let client = Builder::new(TokioExecutor::new())
        .initial_stream_window_size(CLIENT_WINDOW_BYTES)
        .handshake(TokioIo::new(near));
    let (requests, client) = client.await.unwrap();
    (Connected { requests, served }, client)
}

impl Connected {
    async fn to(router: Router) -> Self {
        let (connected, client) = connect(router).await;
        tokio::spawn(client);
        connected
    }

    async fn get(&mut self, path: &str) -> Response<hyper::body::Incoming> {
        let request = Request::get(format!("http://agent{path}"));
        let request = request.body(Body::empty()).unwrap();
        self.requests.send_request(request).await.unwrap()
    }

    /// Waits until the connection is closed.
    async fn closed(self) {
        let closed = timeout(STEP_TIME_MAX, self.served).await;
        closed.expect("the connection is closed").unwrap();
    }
}

/// Knows who calls it.
fn known() -> Router {
    let admit = async |Extension(traffic): Extension<Arc<Traffic>>| traffic.admit();
    Router::new().route("/known", get(admit))
}

/// Answers with pieces of 1 KiB without an end, and lets see whether there still is the answer.
fn endless() -> (Router, Weak<()>) {
    let held = Arc::new(());
    let seen = Arc::downgrade(&held);
    let held = std::sync::Mutex::new(Some(held));
    let answer = move || {
        let held = held.lock().unwrap().take();
        let pieces = futures::stream::repeat_with(move || {
            assert!(held.is_some(), "one answer is given");
            Ok::<_, Infallible>(Bytes::from_static(&[7; 1024]))
        });
        std::future::ready(Body::from_stream(pieces))
    };
    let answer = Arc::new(answer);
    let router = known().route("/endless", get(move || answer()));
    (router, seen)
}

#[tokio::test]
async fn a_connection_without_credentials_is_closed_soon() {
    let mut connected = Connected::to(known()).await;
    let from = Instant::now();
    assert_eq!(connected.get("/x").await.status(), StatusCode::NOT_FOUND);
    connected.closed().await;
    let took = from.elapsed();
    assert!(took >= PATIENCE.unknown && took < PATIENCE.idle, "{took:?}");
}

#[tokio::test]
async fn a_connection_that_takes_no_leave_is_closed_all_the_same() {
    let (mut connected, client) = connect(known()).await;
    let mut client = Box::pin(client);
    tokio::select! {
        ended = &mut client => panic!("{ended:?}"),
        answer = connected.get("/known") => assert_eq!(answer.status(), StatusCode::OK),
    }
    // From here on nobody reads what the server says.
    connected.closed().await;
    drop(client);
}

#[tokio::test]
async fn a_known_client_may_pause() {
    let mut connected = Connected::to(known()).await;
    assert_eq!(connected.get("/known").await.status(), StatusCode::OK);
    sleep(2 * (PATIENCE.unknown + PATIENCE.leaving)).await;
    assert_eq!(connected.get("/known").await.status(), StatusCode::OK);
    connected.closed().await;
}

#[tokio::test]
async fn a_request_keeps_its_connection() {
    let waiting =
        async || Body::from_stream(futures::stream::pending::<Result<Bytes, Infallible>>());
    let mut connected = Connected::to(Router::new().route("/", get(waiting))).await;
    let answer = connected.get("/").await;
    sleep(2 * (PATIENCE.unknown + PATIENCE.leaving + PATIENCE.stalled)).await;
    assert!(!connected.served.is_finished());
    drop(answer);
    connected.closed().await;
}

#[tokio::test]
async fn an_answer_that_nobody_takes_is_dropped_and_others_go_on() {
    let (router, held) = endless();
    let mut connected = Connected::to(router).await;
    let untaken = connected.get("/endless").await;
    let dropped = async {
        while held.upgrade().is_some() {
            assert_eq!(connected.get("/known").await.status(), StatusCode::OK);
            sleep(Duration::from_millis(20)).await;
        }
    };
    let dropped = timeout(STEP_TIME_MAX, dropped).await;
    dropped.expect("the answer is dropped");
    assert_eq!(connected.get("/known").await.status(), StatusCode::OK);
    let mut rest = Body::new(untaken.into_body()).into_data_stream();
    while let Some(Ok(_)) = rest.next().await {}
}

#[tokio::test]
async fn a_slow_reader_is_no_stalled_one() {
    let (router, held) = endless();
    let mut connected = Connected::to(router).await;
    let mut pieces = Body::new(connected.get("/endless").await.into_body()).into_data_stream();
    let until = Instant::now() + 2 * PATIENCE.stalled;
    while Instant::now() < until {
        assert!(pieces.next().await.unwrap().is_ok());
        sleep(PATIENCE.stalled / 30).await;
    }
    assert!(held.upgrade().is_some());
}

#[tokio::test]
async fn the_head_of_a_request_over_http_1_has_a_limit() {
    for (bytes, expected) in [(30_000, "HTTP/1.1 200"), (100_000, "HTTP/1.1 431")] {
        let (mut client, served) = served(known());
        let padding = "x".repeat(bytes);
        let head = format!("GET /known HTTP/1.1\r\nconnection: close\r\nx: {padding}\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let read = timeout(STEP_TIME_MAX, client.read_to_string(&mut answer));
        read.await.expect("an answer").unwrap();
        assert!(answer.starts_with(expected), "{bytes}: {answer}");
        served.await.unwrap();
    }
}

#[tokio::test]
async fn a_remote_client_without_tls_can_read_why_it_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let tls = TlsConfig::SelfSigned { names: Vec::new() };
    let now_s = nixie_types::clock::now_ns() / nixie_types::clock::NANOS_PER_SEC;
    let certificates = Certificates::open(tls, folder.path(), "host", now_s).unwrap();
    let (_running, stop) = watch::channel(false);
    let shared = Arc::new(Shared {
        router: known(),
        tls: Some(certificates.acceptor().unwrap()),
        stop,
        patience: PATIENCE,
    });
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut client = TcpStream::connect(listener.local_addr().unwrap())
        .await
        .unwrap();
    client.write_all(&[b'x'; 1000]).await.unwrap();
    let (stream, _) = listener.accept().await.unwrap();
    let accepted = Accepted {
        stream,
        address: ([192, 0, 2, 1], 1).into(),
        shared,
    };
    let served = tokio::spawn(accepted.serve());
    let mut answer = String::new();
    let read = timeout(STEP_TIME_MAX, client.read_to_string(&mut answer));
    // A connection that is closed with a request unread is reset.
    read.await.expect("an end").unwrap();
    assert!(answer.ends_with("other machines must use TLS to talk to this address"));
    drop(client);
    served.await.unwrap();
}
