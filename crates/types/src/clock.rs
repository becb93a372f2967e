//! The one place where wall time is read, so that everything else takes time as an argument.

use std::time::{SystemTime, UNIX_EPOCH};

/// Nanoseconds in a second.
pub const NANOS_PER_SEC: i64 = 1_000_000_000;

/// Returns the wall-clock time as nanoseconds since the Unix epoch.
///
/// A clock set before 1970 reads as 0.
#[must_use]
#[allow(clippy::disallowed_methods, reason = "the one place that may")]
pub fn now_ns() -> i64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| {
            i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX)
        })
}
