//! One query: what it has produced, and whether anybody still wants it.

use nixie_api::proto::vizierpb::ExecuteScriptResponse;
use prost::Message;
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, watch};
use tonic::Status;
use uuid::Uuid;

/// LIMIT: messages between a query and its client; a slow client makes the query wait.
const MESSAGES_WAITING_MAX: usize = 1024;

/// LIMIT: bytes of the messages between a query and its client, unless one message has more.
const BYTES_WAITING_MAX: usize = 8 * 1024 * 1024;

/// What a client gets next.
pub(crate) type Item = Result<ExecuteScriptResponse, Status>;

/// Nobody wants the query any more.
#[derive(Debug)]
pub(crate) struct Gone;

/// What a consumer leaves behind that goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// All has been taken.
    Nothing,
    /// The query runs, or something has not been taken.
    Rest,
    /// Another consumer, who has taken over.
    Successor,
}

/// What a consumer finds in the buffer.
#[derive(Debug)]
pub(super) enum Taken {
    Item(Box<Item>),
    /// Nothing yet.
    Nothing,
    /// The query has ended, and everything was taken.
    End,
    /// Another consumer has taken over.
    Over,
}

#[derive(Debug, Default)]
struct Buffer {
    items: VecDeque<Item>,
    bytes: usize,
    /// Everything has been produced.
    complete: bool,
    /// Counts the consumers; only the last one gets anything.
    generation: u64,
    /// Since when there is no consumer.
    detached_since: Option<Instant>,
}

/// A query that runs, or whose result waits.
#[derive(Debug)]
pub(crate) struct Query {
    id: Uuid,
    owner: String,
    stalled_time_max: Duration,
    buffer: Mutex<Buffer>,
    filled: Notify,
    drained: Notify,
    cancelled: watch::Sender<bool>,
}

impl Query {
    pub(super) fn new(owner: &str, stalled_time_max: Duration) -> Self {
        Self {
            id: Uuid::new_v4(),
            owner: owner.to_owned(),
            stalled_time_max,
            buffer: Mutex::default(),
            filled: Notify::new(),
            drained: Notify::new(),
            cancelled: watch::Sender::new(false),
        }
    }

    pub(crate) const fn id(&self) -> Uuid {
        self.id
    }

    pub(super) fn owner(&self) -> &str {
        &self.owner
    }

    /// Waits until nobody wants the query any more.
    pub(crate) async fn cancelled(&self) {
        let mut cancelled = self.cancelled.subscribe();
        // The sender lives as long as the query does.
        cancelled
            .wait_for(|cancelled| *cancelled)
            .await
            .map(drop)
            .unwrap_or_default();
    }

    /// Puts a message into the buffer; waits while it is full.
    pub(crate) async fn put(&self, message: ExecuteScriptResponse) -> Result<(), Gone> {
        let bytes = message.encoded_len();
        let mut stalled = Box::pin(tokio::time::sleep(self.stalled_time_max));
        loop {
            let drained = self.drained.notified();
            if *self.cancelled.borrow() {
                return Err(Gone);
            }
            {
                let mut buffer = self.lock();
                // Nothing comes behind the words that ended it.
                if buffer.complete {
                    return Err(Gone);
                }
                let fits = buffer.items.len() < MESSAGES_WAITING_MAX
                    && (buffer.bytes + bytes <= BYTES_WAITING_MAX || buffer.items.is_empty());
                if fits {
                    buffer.bytes += bytes;
                    buffer.items.push_back(Ok(message));
                    self.filled.notify_waiters();
                    return Ok(());
                }
            }
            tokio::select! {
                () = drained => {}
                () = self.cancelled() => return Err(Gone),
                () = &mut stalled => {
                    self.stalled();
                    return Err(Gone);
                }
            }
        }
    }

    /// Ends the query. Room for its last words there is always.
    pub(crate) fn end(&self, last: Option<Item>) {
        let mut buffer = self.lock();
        if !buffer.complete {
            buffer.items.extend(last);
            buffer.complete = true;
        }
        drop(buffer);
        self.filled.notify_waiters();
    }

    /// Ends the query for good, in place of what is in the buffer.
    pub(crate) fn stop(&self, why: Status) {
        let mut buffer = self.lock();
        if !buffer.complete {
            buffer.items.clear();
            buffer.bytes = 0;
            buffer.items.push_back(Err(why));
            buffer.complete = true;
        }
        drop(buffer);
        self.cancelled.send_replace(true);
        self.filled.notify_waiters();
    }

    fn stalled(&self) {
        self.stop(Status::cancelled(format!(
            "the client took nothing for {} s, and the query was stopped; read faster, or ask for \
             fewer rows",
            self.stalled_time_max.as_secs()
        )));
    }

    /// Stops a query whose client has gone, unless all of its result is there.
    pub(super) fn stop_unless_complete(&self) {
        if !self.lock().complete {
            self.stop(Status::aborted(
                "the query was stopped when its client's connection was lost; run the script again",
            ));
        }
    }

    /// Stops a query that has run out of the time that its client gave it.
    pub(super) fn stop_late(&self) {
        self.cancelled.send_replace(true);
        self.end(None);
    }

    /// Registers a consumer; those before it get nothing any more.
    pub(super) fn attach(&self) -> u64 {
        let mut buffer = self.lock();
        buffer.generation += 1;
        buffer.detached_since = None;
        let generation = buffer.generation;
        drop(buffer);
        self.filled.notify_waiters();
        generation
    }

    /// Tells that a consumer has gone; returns what it leaves behind.
    pub(super) fn detach(&self, generation: u64) -> Left {
        let mut buffer = self.lock();
        if buffer.generation != generation {
            return Left::Successor;
        }
        if buffer.complete && buffer.items.is_empty() {
            return Left::Nothing;
        }
        buffer.detached_since = Some(now());
        Left::Rest
    }

    /// Tells whether a consumer is still the one that gets what there is.
    pub(super) fn is_of(&self, generation: u64) -> bool {
        self.lock().generation == generation
    }

    pub(super) fn is_detached(&self, generation: u64) -> bool {
        let buffer = self.lock();
        buffer.generation == generation && buffer.detached_since.is_some()
    }

    pub(super) fn detached_since(&self) -> Option<Instant> {
        self.lock().detached_since
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.lock().bytes
    }

    /// Returns what wakes a consumer; to be made before [`Self::take`].
    pub(super) const fn filled(&self) -> &Notify {
        &self.filled
    }

    pub(super) fn take(&self, generation: u64) -> Taken {
        let mut buffer = self.lock();
        if buffer.generation != generation {
            return Taken::Over;
        }
        let Some(item) = buffer.items.pop_front() else {
            return if buffer.complete {
                Taken::End
            } else {
                Taken::Nothing
            };
        };
        let bytes = item.as_ref().map_or(0, Message::encoded_len);
        buffer.bytes = buffer.bytes.saturating_sub(bytes);
        drop(buffer);
        self.drained.notify_waiters();
        Taken::Item(Box::new(item))
    }

    fn lock(&self) -> MutexGuard<'_, Buffer> {
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
