//! The queries of gRPC clients: what they have produced and nobody has taken yet, and who takes it.
//!
//! A query runs in a task of its own and puts messages into its buffer. A client takes them out.
//! Another request with the id of the query takes over, also from a client that only seems to be
//! there. A client that goes away stops its query; what is complete in the buffer waits a while,
//! for a client whose connection broke.

mod buffer;
mod consumer;

pub(crate) use buffer::{Gone, Query};
pub(crate) use consumer::Consumer;

use crate::grpc::status;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::runtime::Handle;
use tonic::Status;
use uuid::Uuid;

/// LIMIT: queries that run, wait for their turn, or wait for their client; more are refused.
pub(crate) const QUERIES_MAX: usize = 512;

/// LIMIT: bytes that queries without a client hold together; the oldest query makes room.
const DETACHED_BYTES_MAX: usize = 32 * 1024 * 1024;

/// LIMIT: time that a query waits for its client to take anything; then it ends with an error.
pub(crate) const STALLED_TIME_MAX: Duration = Duration::from_mins(1);

/// How long is waited for clients.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// As [`STALLED_TIME_MAX`].
    stalled: Duration,
    /// LIMIT: time that a query goes on without a client; a client that went away for good must
    /// not cost more than that.
    running: Duration,
    /// LIMIT: time that a complete result waits for a client whose connection broke.
    complete: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            stalled: STALLED_TIME_MAX,
            running: Duration::from_millis(500),
            complete: Duration::from_mins(3),
        }
    }
}

/// All queries by id.
#[derive(Debug, Default)]
pub(crate) struct Queries {
    all: Mutex<BTreeMap<Uuid, Arc<Query>>>,
    patience: Patience,
}

impl Queries {
    /// Returns a new query, and its first consumer. Where there is no room, a result whose client has
    /// gone makes some.
    pub(crate) fn begin(self: &Arc<Self>, owner: &str) -> Result<(Arc<Query>, Consumer), Status> {
        let query = Arc::new(Query::new(owner, self.patience.stalled));
        {
            let mut all = self.lock();
            if all.len() >= QUERIES_MAX && forget_oldest(&mut all).is_none() {
                let message = format!(
                    "{QUERIES_MAX} queries are running or waiting, which is the limit; try again \
                     when some have ended"
                );
                return Err(Status::resource_exhausted(message));
            }
            all.insert(query.id(), Arc::clone(&query));
        }
        let consumer = Consumer::attach(Arc::clone(self), Arc::clone(&query));
        Ok((query, consumer))
    }

    /// Takes over a query; `owner` is who asks for it.
    pub(crate) fn resume(self: &Arc<Self>, id: &str, owner: &str) -> Result<Consumer, Status> {
        let id = Uuid::parse_str(id).map_err(|_| {
            Status::invalid_argument(format!(
                "query id `{}` is not a UUID; send the `query_id` of an answer",
                status::shown(id)
            ))
        })?;
        let query = self.lock().get(&id).cloned();
        // Whether somebody else has such a query is nobody's business.
        let query = query
            .filter(|query| query.owner() == owner)
            .ok_or_else(|| {
                Status::not_found(format!(
                    "query `{id}` is not known; it may have ended, or its result was not fetched \
                 within {} s: run the script again",
                    self.patience.complete.as_secs()
                ))
            })?;
        Ok(Consumer::attach(Arc::clone(self), query))
    }

    /// Returns the number of queries.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.lock().len()
    }

    fn remove(&self, query: &Query) {
        self.lock().remove(&query.id());
    }

    /// Watches over a query that has lost its client.
    fn detached(self: &Arc<Self>, query: &Arc<Query>, generation: u64) {
        // Without a runtime the agent is going down, and the query with it.
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        let (queries, query) = (Arc::clone(self), Arc::clone(query));
        runtime.spawn(async move {
            tokio::time::sleep(queries.patience.running).await;
            if !query.is_detached(generation) {
                return;
            }
            query.stop_unless_complete();
            queries.make_room();
            tokio::time::sleep(queries.patience.complete).await;
            if query.is_detached(generation) {
                queries.remove(&query);
            }
        });
    }

    /// Forgets the oldest queries without a client until the rest holds few enough bytes.
    fn make_room(&self) {
        let mut all = self.lock();
        let detached = all
            .values()
            .filter(|query| query.detached_since().is_some());
        let mut held: usize = detached.map(|query| query.held_bytes()).sum();
        while held > DETACHED_BYTES_MAX {
            let Some(forgotten) = forget_oldest(&mut all) else {
                return;
            };
            held = held.saturating_sub(forgotten.held_bytes());
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Uuid, Arc<Query>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets the query that has been without a client for longest, and ends it if it runs.
fn forget_oldest(all: &mut BTreeMap<Uuid, Arc<Query>>) -> Option<Arc<Query>> {
    let detached = all
        .values()
        .filter_map(|query| Some((query.detached_since()?, query.id())));
    let (_, id) = detached.min()?;
    let query = all.remove(&id)?;
    query.stop_unless_complete();
    Some(query)
}

#[cfg(test)]
mod tests;
