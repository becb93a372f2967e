//! What one query may use.

use std::time::Duration;

/// Limits of one query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryLimits {
    /// LIMIT: bytes that aggregations, joins and sorts of one query may hold together.
    pub memory_bytes_max: usize,
    /// LIMIT: time from the start of a query to its last row.
    pub time_max: Duration,
    /// Threads that one query may use.
    pub threads: usize,
    /// Rows in a batch.
    pub batch_rows: usize,
}

impl QueryLimits {
    /// Bytes that a query may hold unless said otherwise.
    pub const MEMORY_BYTES_DEFAULT: usize = 256 << 20;

    /// LIMIT: least of these bytes; with fewer, queries fail that have a few groups only.
    pub const MEMORY_BYTES_MIN: usize = 1 << 20;
}

impl Default for QueryLimits {
    fn default() -> Self {
        Self {
            memory_bytes_max: Self::MEMORY_BYTES_DEFAULT,
            time_max: Duration::from_mins(1),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            batch_rows: 8192,
        }
    }
}
