//! Clients that hold connections and answers which they do not use.

use super::connection::{Peer, Shared, serve};
use super::traffic::{Patience, Traffic};
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
use tokio::io::DuplexStream;
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
    stalled: Duration::from_secs(1),
};

type Client = Connection<TokioIo<DuplexStream>, Body, TokioExecutor>;

/// A connection, and what serves it.
struct Connected {
    requests: SendRequest<Body>,
    served: JoinHandle<()>,
}

/// Connects a client, which does nothing unless it is run.
async fn connect(router: Router) -> (Connected, Client) {
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
    let until = Instant::now() + 3 * PATIENCE.stalled;
    while Instant::now() < until {
        assert!(pieces.next().await.unwrap().is_ok());
        sleep(PATIENCE.stalled / 10).await;
    }
    assert!(held.upgrade().is_some());
}
