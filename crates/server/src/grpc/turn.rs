//! Where and when queries run: a few at a time, and not where requests are answered.

use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Semaphore, SemaphorePermit};
use tonic::Status;

/// LIMIT: time that a query waits for others to end before it is refused.
const QUEUED_TIME_MAX: Duration = Duration::from_secs(30);

/// Waits until there is room for a query. Dropping what is returned makes room for the next.
pub(super) async fn wait(permits: &Semaphore) -> Result<SemaphorePermit<'_>, Status> {
    let waiting = tokio::time::timeout(QUEUED_TIME_MAX, permits.acquire());
    let Ok(Ok(permit)) = waiting.await else {
        return Err(Status::resource_exhausted(format!(
            "too many queries are running, and none ended within {} s; try again later",
            QUEUED_TIME_MAX.as_secs()
        )));
    };
    Ok(permit)
}

/// Compiles or plans where queries run, as that takes its thread until it is done.
pub(super) async fn planned<T: Send + 'static>(
    threads: &Handle,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Status> {
    let task = threads.spawn(async move { work() });
    let ended = task.await;
    ended.map_err(|error| Status::internal(format!("planning the query failed: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use tokio::runtime::Builder;

    #[tokio::test]
    async fn plans_are_not_made_where_requests_are_answered() {
        let threads = Builder::new_multi_thread()
            .worker_threads(1)
            .build()
            .unwrap();
        let here = thread::current().id();
        let there = planned(threads.handle(), || thread::current().id()).await;
        assert_ne!(there.unwrap(), here);
        let failed = planned(threads.handle(), move || {
            assert_eq!(here, thread::current().id())
        });
        assert_eq!(failed.await.unwrap_err().code(), tonic::Code::Internal);
        threads.shutdown_background();
    }
}
