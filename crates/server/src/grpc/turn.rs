//! Queries run a few at a time; the others wait for their turn.

use std::time::Duration;
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
