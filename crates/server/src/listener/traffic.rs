//! What goes on on a connection: requests that are under way, and answers that nobody takes.
//!
//! A connection is for requests. One that has none for too long is closed, so that connections
//! that are only held do not lock others out; sooner where nobody has shown credentials yet.
//!
//! Over HTTP/2 a client may leave a single answer alone while it takes others. What such an answer
//! holds is held for nobody: it is dropped, as if its client had gone. Over HTTP/1.1 the system
//! notices, as the connection has nothing else to say.

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use tracing::debug;

/// How long is waited for clients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// LIMIT: time without a request on a connection that has shown no credentials; then it is
    /// closed.
    pub(super) unknown: Duration,
    /// LIMIT: the same for one that has. Clients come back with a new connection.
    pub(super) idle: Duration,
    /// LIMIT: time that a client has to answer the goodbye.
    pub(super) leaving: Duration,
    /// LIMIT: time that an answer waits for its client to take anything; then it is cut off. More
    /// than queries wait, so that who reads again in time is told by the query.
    pub(super) stalled: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            unknown: Duration::from_secs(30),
            idle: Duration::from_mins(10),
            leaving: Duration::from_secs(10),
            stalled: Duration::from_secs(90),
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct State {
    /// Requests whose answers have not ended.
    open: usize,
    /// Since when there is none.
    idle_since: Instant,
    is_known: bool,
}

/// The requests of a connection.
#[derive(Debug)]
pub(crate) struct Traffic(watch::Sender<State>);

impl Default for Traffic {
    fn default() -> Self {
        Self(watch::Sender::new(State {
            open: 0,
            idle_since: Instant::now(),
            is_known: false,
        }))
    }
}

impl Traffic {
    /// Notes that the other end has shown credentials.
    pub(crate) fn admit(&self) {
        self.0
            .send_if_modified(|state| !std::mem::replace(&mut state.is_known, true));
    }

    #[cfg(test)]
    pub(crate) fn is_known(&self) -> bool {
        self.0.borrow().is_known
    }

    /// Notes a request, which is under way until what is returned is dropped.
    pub(super) fn begin(self: &Arc<Self>) -> Open {
        self.0.send_modify(|state| state.open += 1);
        Open(Arc::clone(self))
    }

    /// Waits until there has been no request for too long; less is too long for a connection that
    /// was told to end.
    pub(super) async fn idle(&self, patience: &Patience, told_to_end: Option<Instant>) {
        let mut states = self.0.subscribe();
        loop {
            let state = *states.borrow_and_update();
            let at = match told_to_end {
                Some(told) => told.max(state.idle_since) + patience.leaving,
                None if state.is_known => state.idle_since + patience.idle,
                None => state.idle_since + patience.unknown,
            };
            tokio::select! {
                () = sleep_until(at), if state.open == 0 => return,
                changed = states.changed() => {
                    // The sender is this connection's own.
                    changed.unwrap_or_default();
                }
            }
        }
    }
}

/// A request that is under way.
pub(super) struct Open(Arc<Traffic>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.0.send_modify(|state| {
            state.open = state.open.saturating_sub(1);
            state.idle_since = Instant::now();
        });
    }
}

/// When an answer was given a piece that its client has not taken yet.
#[derive(Debug, Default)]
struct Given(Mutex<Option<Instant>>);

impl Given {
    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a piece has not been taken for too long.
    async fn stalled(&self, time_max: Duration) {
        loop {
            let now = Instant::now();
            let at = self.lock().unwrap_or(now) + time_max;
            if at <= now {
                return;
            }
            sleep_until(at).await;
        }
    }
}

tokio::task_local! {
    static GIVEN: Arc<Given>;
}

/// Runs the requests of a connection over HTTP/2, each in a task of its own.
#[derive(Clone)]
pub(super) struct Tasks {
    pub(super) stalled_time_max: Duration,
}

impl<F: Future + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, request: F) {
        let stalled_time_max = self.stalled_time_max;
        tokio::spawn(async move {
            let given = Arc::new(Given::default());
            tokio::select! {
                _ = GIVEN.scope(Arc::clone(&given), request) => {}
                () = given.stalled(stalled_time_max) => {
                    debug!("an answer was cut off: its client takes nothing");
                }
            }
        });
    }
}

/// The body of an answer.
pub(super) struct Answer {
    body: Body,
    _open: Open,
    given: Option<Arc<Given>>,
}

impl Answer {
    /// Returns the body of an answer to a request. Must be called where the request runs.
    pub(super) fn new(body: Body, open: Open) -> Self {
        Self {
            body,
            _open: open,
            given: GIVEN.try_with(Arc::clone).ok(),
        }
    }

    fn note(&self, given: Option<Instant>) {
        if let Some(noted) = &self.given {
            *noted.lock() = given;
        }
    }
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // Who asks for more has taken what there was.
        self.note(None);
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        self.note(Some(Instant::now()));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
