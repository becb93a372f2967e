//! Follows a table: the rows that it holds, and then those that come.

use crate::chunk::Chunk;
use crate::scan::Snapshot;
use arrow::datatypes::SchemaRef;
use nixie_types::TableSpec;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, Waker};

/// LIMIT: bytes of rows that wait for a follower. One that falls further behind gets no more rows,
/// and is told so: writers never wait.
const WAITING_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Rows that came, and nobody has taken yet.
#[derive(Debug, Default)]
struct Waiting {
    chunks: Vec<Arc<Chunk>>,
    bytes: usize,
    /// There was no room for rows.
    is_behind: bool,
    waker: Option<Waker>,
}

/// A follower fell behind, and rows are missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FellBehind {
    /// Bytes that waited when there was no room for more.
    pub waiting_bytes: usize,
}

/// Gets the rows that come into a table.
#[derive(Debug)]
pub struct Follower {
    spec: &'static TableSpec,
    schema: SchemaRef,
    waiting: Arc<Mutex<Waiting>>,
}

impl Follower {
    pub(crate) const fn spec(&self) -> &'static TableSpec {
        self.spec
    }

    /// Returns the name of the table.
    #[must_use]
    pub const fn table(&self) -> &'static str {
        self.spec().name
    }

    /// Tells whether rows have come; the task of the context is woken when they do.
    pub fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        let mut waiting = self.waiting.lock();
        if waiting.chunks.is_empty() && !waiting.is_behind {
            waiting.waker = Some(context.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// Returns the rows that have come since the last call, which may be none.
    ///
    /// # Errors
    ///
    /// When rows are missing.
    pub fn take(&self) -> Result<Snapshot, FellBehind> {
        let mut waiting = self.waiting.lock();
        if waiting.is_behind {
            return Err(FellBehind {
                waiting_bytes: waiting.bytes,
            });
        }
        waiting.bytes = 0;
        let chunks = std::mem::take(&mut waiting.chunks).into();
        Ok(Snapshot::new(self.spec, Arc::clone(&self.schema), chunks))
    }
}

/// The followers of one table.
#[derive(Debug, Default)]
pub(crate) struct Followers(Vec<Weak<Mutex<Waiting>>>);

impl Followers {
    pub(crate) fn add(&mut self, spec: &'static TableSpec, schema: SchemaRef) -> Follower {
        let waiting = Arc::default();
        self.0.push(Arc::downgrade(&waiting));
        Follower {
            spec,
            schema,
            waiting,
        }
    }

    /// Hands a chunk to all followers, and forgets those that are gone.
    pub(crate) fn tell(&mut self, chunk: &Arc<Chunk>) {
        self.0.retain(|follower| {
            let Some(follower) = follower.upgrade() else {
                return false;
            };
            let mut waiting = follower.lock();
            if waiting.bytes + chunk.bytes() > WAITING_BYTES_MAX && !waiting.chunks.is_empty() {
                waiting.is_behind = true;
                waiting.chunks.clear();
            }
            if !waiting.is_behind {
                waiting.bytes += chunk.bytes();
                waiting.chunks.push(Arc::clone(chunk));
            }
            if let Some(waker) = waiting.waker.take() {
                waker.wake();
            }
            true
        });
    }
}
