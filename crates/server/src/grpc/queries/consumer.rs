//! Who takes the messages of a query.

use super::Queries;
use super::buffer::{Item, Left, Query, Taken};
use futures::Stream;
use std::sync::Arc;
use tokio::time::Instant;
use tonic::Status;

/// Takes the messages of a query. Dropping it before the end stops the query.
#[derive(Debug)]
pub(crate) struct Consumer {
    queries: Arc<Queries>,
    query: Arc<Query>,
    generation: u64,
}

impl Consumer {
    pub(super) fn attach(queries: Arc<Queries>, query: Arc<Query>) -> Self {
        let generation = query.attach();
        Self {
            queries,
            query,
            generation,
        }
    }

    /// Returns the messages, up to the time by which the client wants all of them.
    pub(crate) fn stream(self, deadline: Option<Instant>) -> impl Stream<Item = Item> + Send {
        futures::stream::unfold(Some(self), move |consumer| async move {
            let mut consumer = consumer?;
            let item = consumer.next(deadline).await?;
            let rest = if item.is_err() { None } else { Some(consumer) };
            Some((item, rest))
        })
    }

    async fn next(&mut self, deadline: Option<Instant>) -> Option<Item> {
        loop {
            let query = Arc::clone(&self.query);
            let mut filled = std::pin::pin!(query.filled().notified());
            // From here on nothing is missed between looking and waiting.
            filled.as_mut().enable();
            if deadline.is_some_and(|at| at <= Instant::now()) {
                return self.late();
            }
            match query.take(self.generation) {
                Taken::Item(item) => return Some(*item),
                Taken::Over => return None,
                Taken::End => {
                    self.queries.remove(&query);
                    return None;
                }
                Taken::Nothing => {}
            }
            match deadline {
                Some(at) => tokio::time::timeout_at(at, filled)
                    .await
                    .unwrap_or_default(),
                None => filled.await,
            }
        }
    }

    /// Ends the query at its deadline, unless another consumer has it now.
    fn late(&self) -> Option<Item> {
        if !self.query.is_of(self.generation) {
            return None;
        }
        self.query.stop_late();
        self.queries.remove(&self.query);
        Some(Err(Status::deadline_exceeded(
            "the client's deadline passed before all of the result was taken; give it more time, \
             or ask for a shorter time range",
        )))
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        match self.query.detach(self.generation) {
            Left::Rest => self.queries.detached(&self.query, self.generation),
            Left::Nothing => self.queries.remove(&self.query),
            Left::Successor => {}
        }
    }
}
