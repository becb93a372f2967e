//! Why a query ended without all of its rows.

use datafusion::error::DataFusionError;
use std::time::Duration;

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Aggregations, joins or sorts needed too much memory.
    #[error(
        "query needs more memory than its limit of {limit_bytes} bytes, {seen_bytes} bytes were \
         in use; ask for a shorter time range, or group by fewer columns"
    )]
    OutOfMemory {
        /// Bytes in use when more were asked for.
        seen_bytes: usize,
        /// Most bytes that may be in use.
        limit_bytes: usize,
    },
    /// The query took too long.
    #[error(
        "query took longer than its limit of {} s; ask for a shorter time range",
        .limit.as_secs_f64()
    )]
    TimedOut {
        /// The limit.
        limit: Duration,
    },
    /// The script changes what is traced.
    #[error(
        "the script changes what agents trace, which is not deployable here yet: {}",
        .understood.join("; ")
    )]
    NotDeployable {
        /// Each change, in words.
        understood: Vec<String>,
    },
    /// The script asks for rows without an end.
    #[error(
        "output `{output}` is a stream, which cannot be run here yet; leave `.stream()` out to get \
         the rows held now"
    )]
    Streaming {
        /// Name of the output.
        output: String,
    },
    /// The plan could not be prepared or executed.
    #[error("query failed")]
    Failed(#[source] Box<DataFusionError>),
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        Self::Failed(Box::new(error))
    }
}
