//! Who takes the messages of a query.

use super::Queries;
use super::buffer::{Item, Query, Taken};
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
            match query.take(self.generation) {
                Taken::Item(item) => return Some(*item),
                Taken::Over => return None,
                Taken::End => {
                    self.queries.remove(query.id());
                    return None;
                }
                Taken::Nothing => {}
            }
            let Some(at) = deadline else {
                filled.await;
                continue;
            };
            if tokio::time::timeout_at(at, filled).await.is_err() {
                query.stop_late();
                self.queries.remove(query.id());
                return Some(Err(Status::deadline_exceeded(
                    "the client's deadline passed before the script had ended; give it more time, \
                     or ask for a shorter time range",
                )));
            }
        }
    }
}

impl Drop for Consumer {
    fn drop(&mut self) {
        if self.query.detach(self.generation) {
            self.queries.detached(&self.query, self.generation);
        }
    }
}
