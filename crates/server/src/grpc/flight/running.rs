//! The queries that run, so that another call can end one.

use crate::grpc::queries::QUERIES_MAX;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tonic::Status;

/// Who has started a query, and its id.
type Name = (String, String);

/// The queries that run, or wait for their turn.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<BTreeMap<Name, watch::Sender<bool>>>);

/// A query that runs. Dropping it says that it has ended.
#[derive(Debug)]
pub(super) struct RunningQuery {
    all: Arc<Running>,
    name: Name,
    cancelled: watch::Receiver<bool>,
}

impl Running {
    /// Notes a query of somebody.
    pub(super) fn begin(self: &Arc<Self>, owner: &str, id: &str) -> Result<RunningQuery, Status> {
        let name = (owner.to_owned(), id.to_owned());
        let mut all = self.lock();
        if all.len() >= QUERIES_MAX {
            return Err(Status::resource_exhausted(format!(
                "{QUERIES_MAX} queries are running or waiting, which is the limit; try again when \
                 some have ended"
            )));
        }
        if all.contains_key(&name) {
            return Err(Status::already_exists(
                "the result of this ticket is being delivered; ask for another ticket",
            ));
        }
        let cancel = watch::Sender::new(false);
        let cancelled = cancel.subscribe();
        all.insert(name.clone(), cancel);
        drop(all);
        Ok(RunningQuery {
            all: Arc::clone(self),
            name,
            cancelled,
        })
    }

    /// Ends a query of somebody; returns false if there is none of that id.
    pub(super) fn cancel(&self, owner: &str, id: &str) -> bool {
        let name = (owner.to_owned(), id.to_owned());
        let all = self.lock();
        let found = all.get(&name);
        found.is_some_and(|cancel| cancel.send(true).is_ok())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Name, watch::Sender<bool>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RunningQuery {
    /// Waits until somebody ends it.
    pub(super) async fn cancelled(&self) {
        let mut cancelled = self.cancelled.clone();
        // The sender lives as long as the query does.
        cancelled
            .wait_for(|cancelled| *cancelled)
            .await
            .map(drop)
            .unwrap_or_default();
    }
}

impl Drop for RunningQuery {
    fn drop(&mut self) {
        self.all.lock().remove(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_owner_ends_a_query_and_only_while_it_runs() {
        let running = Arc::new(Running::default());
        let query = running.begin("key 1", "a").unwrap();
        assert!(!running.cancel("key 2", "a") && !running.cancel("key 1", "b"));
        let again = running.begin("key 1", "a").unwrap_err();
        assert_eq!(again.code(), tonic::Code::AlreadyExists);
        assert!(running.cancel("key 1", "a"));
        query.cancelled().await;
        drop(query);
        assert!(!running.cancel("key 1", "a"));
    }

    #[test]
    fn there_is_a_limit() {
        let running = Arc::new(Running::default());
        let held: Vec<_> = (0..QUERIES_MAX)
            .map(|id| running.begin("key", &id.to_string()).unwrap())
            .collect();
        let refused = running.begin("key", "more").unwrap_err();
        assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
        drop(held);
        assert!(running.begin("key", "more").is_ok());
    }
}
