//! One connection.

use super::refusal::tell;
use super::traffic::{Answer, Patience, Tasks, Traffic};
use crate::grpc::STALLED_TIME_MAX;
use axum::Router;
use axum::extract::Request;
use axum::http::Uri;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use rustix::net::sockopt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;
use tracing::debug;

/// LIMIT: time from a connection's start to its first byte, and to the end of its TLS handshake.
const HANDSHAKE_TIME_MAX: Duration = Duration::from_secs(10);

/// LIMIT: time that the head of a request may take over HTTP/1.1.
const HEAD_TIME_MAX: Duration = Duration::from_secs(30);

/// Time between two signs of life that are asked for over HTTP/2.
const KEEPALIVE_PERIOD: Duration = Duration::from_secs(20);

/// LIMIT: time that a sign of life may take; then the connection is closed.
const KEEPALIVE_TIME_MAX: Duration = Duration::from_secs(10);

/// Time of silence after which the system asks the other end for a sign of life, and between two
/// such questions. It is for connections over HTTP/1.1; HTTP/2 asks by itself.
const SILENCE_TIME_MAX: Duration = Duration::from_secs(10);

/// LIMIT: time that the other end may leave what was sent unanswered, or take nothing; then the
/// connection is broken. More than queries wait for their clients.
const UNANSWERED_TIME_MAX: Duration = Duration::from_secs(90);

const _: () = assert!(UNANSWERED_TIME_MAX.as_secs() > STALLED_TIME_MAX.as_secs());

/// LIMIT: requests at the same time on one connection.
const STREAMS_MAX: u32 = 100;

/// LIMIT: bytes of the headers of a request over HTTP/2.
const HEADERS_BYTES_MAX: u32 = 32 * 1024;

/// LIMIT: bytes of the head of a request over HTTP/1.1, and of what waits to be read or written.
const HTTP_1_BYTES_MAX: usize = 64 * 1024;

/// LIMIT: bytes that a request's body, and all on a connection, may be ahead of who reads them.
const WINDOW_BYTES: u32 = 1024 * 1024;

/// LIMIT: bytes of an answer that wait in a connection for its client.
const SEND_BYTES_MAX: usize = 1024 * 1024;

/// The first byte of a TLS connection: a handshake record.
const TLS_HANDSHAKE: u8 = 0x16;

/// What remote machines are told that do not use TLS.
const NO_TLS: &str = "HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\
    content-type: text/plain\r\ncontent-length: 51\r\n\r\n\
    other machines must use TLS to talk to this address";

/// What clients of TLS are told by an agent without a certificate: a record with a fatal alert,
/// `handshake_failure`.
const NO_CERTIFICATE: &[u8] = b"\x15\x03\x03\x00\x02\x02\x28";

/// Who is at the other end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    /// It is on this machine.
    pub(crate) is_local: bool,
}

/// What all connections share.
pub(super) struct Shared {
    pub(super) router: Router,
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) patience: Patience,
}

/// A connection that has been accepted.
pub(super) struct Connection {
    pub(super) stream: TcpStream,
    pub(super) address: SocketAddr,
    pub(super) shared: Arc<Shared>,
}

impl Connection {
    /// Serves the connection to its end.
    pub(super) async fn serve(self) {
        if let Err(error) = self.stream.set_nodelay(true) {
            debug!(client = %self.address, %error, "answers may be delayed");
        }
        if let Err(error) = watch(&self.stream) {
            debug!(client = %self.address, %error, "its end may not be noticed");
        }
        let mut first = [0];
        let read = timeout(HANDSHAKE_TIME_MAX, self.stream.peek(&mut first)).await;
        if !matches!(read, Ok(Ok(1..))) {
            debug!(client = %self.address, "connection without a request");
            return;
        }
        let own = self.stream.local_addr().map(|address| address.ip());
        let from = self.address.ip().to_canonical();
        let peer = Peer {
            address: self.address,
            is_local: from.is_loopback() || own.is_ok_and(|own| own.to_canonical() == from),
        };
        match (first == [TLS_HANDSHAKE], self.shared.tls.clone()) {
            (true, Some(acceptor)) => {
                match timeout(HANDSHAKE_TIME_MAX, acceptor.accept(self.stream)).await {
                    Ok(Ok(stream)) => serve(stream, peer, self.shared).await,
                    Ok(Err(error)) => debug!(client = %peer.address, %error, "TLS failed"),
                    Err(_) => debug!(client = %peer.address, "TLS handshake took too long"),
                }
            }
            (true, None) => {
                debug!(client = %peer.address, "TLS, but there is no certificate");
                tell(self.stream, NO_CERTIFICATE).await;
            }
            (false, Some(_)) if !peer.is_local => {
                debug!(client = %peer.address, "a remote client without TLS");
                tell(self.stream, NO_TLS.as_bytes()).await;
            }
            (false, _) => serve(self.stream, peer, self.shared).await,
        }
    }
}

/// Lets the system notice when the other end is not there any more, without having said so.
fn watch(stream: &TcpStream) -> rustix::io::Result<()> {
    sockopt::set_socket_keepalive(stream, true)?;
    sockopt::set_tcp_keepidle(stream, SILENCE_TIME_MAX)?;
    sockopt::set_tcp_keepintvl(stream, SILENCE_TIME_MAX)?;
    let unanswered = u32::try_from(UNANSWERED_TIME_MAX.as_millis()).unwrap_or(u32::MAX);
    sockopt::set_tcp_user_timeout(stream, unanswered)
}

/// Serves what has no TLS, or has it no more.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    peer: Peer,
    shared: Arc<Shared>,
) {
    let traffic = Arc::new(Traffic::default());
    let requests = Arc::clone(&traffic);
    let router = shared.router.clone();
    let service = hyper::service::service_fn(move |mut request: hyper::Request<_>| {
        let open = requests.begin();
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(Arc::clone(&requests));
        with_todays_name(request.uri_mut());
        let request: Request = request.map(axum::body::Body::new);
        let answer = router.clone().oneshot(request);
        async {
            answer
                .await
                .map(|answer| answer.map(|body| Answer::new(body, open)))
        }
    });
    let patience = shared.patience;
    let builder = builder(patience.stalled);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    let mut stop = shared.stop.clone();
    let mut told_to_end = None;
    loop {
        tokio::select! {
            ended = &mut connection => {
                if let Err(error) = ended {
                    debug!(client = %peer.address, %error, "connection broke");
                }
                return;
            }
            _ = stop.wait_for(|stop| *stop), if told_to_end.is_none() => {}
            () = traffic.idle(&patience, told_to_end) => {
                debug!(client = %peer.address, "connection without a request");
                if told_to_end.is_some() {
                    return;
                }
            }
        }
        told_to_end = Some(Instant::now());
        connection.as_mut().graceful_shutdown();
    }
}

fn builder(stalled_time_max: Duration) -> Builder<Tasks> {
    let mut builder = Builder::new(Tasks { stalled_time_max });
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIME_MAX)
        .max_buf_size(HTTP_1_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(KEEPALIVE_PERIOD)
        .keep_alive_timeout(KEEPALIVE_TIME_MAX)
        .max_concurrent_streams(STREAMS_MAX)
        .max_header_list_size(HEADERS_BYTES_MAX)
        .initial_stream_window_size(WINDOW_BYTES)
        .initial_connection_window_size(WINDOW_BYTES)
        .max_send_buf_size(SEND_BYTES_MAX);
    builder
}

/// Very old clients call `/px.…` by the name `/pl.…`.
fn with_todays_name(uri: &mut Uri) {
    let Some(rest) = uri.path().strip_prefix("/pl.") else {
        return;
    };
    let path = format!("/px.{rest}");
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path.parse().ok();
    if let Ok(renamed) = Uri::from_parts(parts) {
        *uri = renamed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_names_are_understood() {
        let mut uri: Uri = "http://h/pl.api.vizierpb.VizierService/ExecuteScript"
            .parse()
            .unwrap();
        with_todays_name(&mut uri);
        assert_eq!(uri, "http://h/px.api.vizierpb.VizierService/ExecuteScript");
        let mut uri: Uri = "/plain".parse().unwrap();
        with_todays_name(&mut uri);
        assert_eq!(uri, "/plain");
    }

    #[test]
    fn the_refusal_tells_its_length() {
        let (head, body) = NO_TLS.split_once("\r\n\r\n").unwrap();
        assert!(
            head.contains(&format!("content-length: {}", body.len())),
            "{}",
            body.len()
        );
    }
}
