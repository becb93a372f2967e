//! Accepts connections: HTTP/1.1, HTTP/2 and TLS on one port, told apart by their first bytes.

mod certificates;
mod connection;
mod refusal;
mod traffic;

pub(crate) use certificates::Certificates;
pub use certificates::{TlsConfig, TlsError};
pub(crate) use connection::Peer;
pub(crate) use traffic::Traffic;

use axum::Router;
use connection::{Connection, Shared};
use refusal::Refusals;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::time::Instant;
use tokio_rustls::TlsAcceptor;
use tracing::warn;
use traffic::Patience;

/// LIMIT: connections at the same time; more are refused at once. Well below the 1024 files that
/// a process may open by default.
const CONNECTIONS_MAX: u32 = 512;

/// Pause after the system refused a connection, for example because too many files are open.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Time between two warnings about connections that were closed.
const WARN_PERIOD: Duration = Duration::from_secs(10);

/// Serves connections until it is told to stop, and those that are open then until they end.
pub(crate) async fn serve(
    listener: TcpListener,
    router: Router,
    tls: Option<TlsAcceptor>,
    stopped: impl Future<Output = ()>,
) {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX as usize));
    let stop = watch::Sender::new(false);
    let shared = Arc::new(Shared {
        router,
        tls,
        stop: stop.subscribe(),
        patience: Patience::default(),
    });
    let refusals = Refusals::default();
    let mut warned: Option<Instant> = None;
    let mut stopped = std::pin::pin!(stopped);
    loop {
        let accepted = tokio::select! {
            () = &mut stopped => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, address) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(REFUSED_PAUSE).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&room).try_acquire_owned() else {
            if warned.is_none_or(|at| at.elapsed() > WARN_PERIOD) {
                warn!(
                    limit = CONNECTIONS_MAX,
                    "connections beyond the limit are refused"
                );
                warned = Some(Instant::now());
            }
            refusals.refuse(stream);
            continue;
        };
        let connection = Connection {
            stream,
            address,
            shared: Arc::clone(&shared),
        };
        tokio::spawn(async move {
            connection.serve().await;
            drop(permit);
        });
    }
    drop(listener);
    stop.send_replace(true);
    // All room is free when all connections have ended.
    room.acquire_many(CONNECTIONS_MAX)
        .await
        .map(drop)
        .unwrap_or_default();
}

#[cfg(test)]
mod tests;
