//! Waiting for a condition, never longer than a deadline.

use std::time::{Duration, Instant};

/// LIMIT: time for a condition to come true; a machine under load needs a part of it.
pub const LIMIT: Duration = Duration::from_secs(20);

const PAUSE: Duration = Duration::from_millis(10);

/// Waits until there is something, and returns it.
///
/// # Panics
///
/// When there is nothing within `limit`.
pub fn wait_for<T>(what: &str, limit: Duration, mut find: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(start.elapsed() < limit, "not within {limit:?}: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// Waits until a condition is true.
///
/// # Panics
///
/// When it is not true within [`LIMIT`].
pub fn wait(what: &str, mut is_true: impl FnMut() -> bool) {
    wait_for(what, LIMIT, || is_true().then_some(()));
}
