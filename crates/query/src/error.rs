//! Why a query ended without all of its rows.

use datafusion::error::DataFusionError;
use std::time::Duration;

/// Why a query failed.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// Aggregations, joins or sorts needed too much memory.
    #[error(
        "query needs more memory than its limit of {limit_bytes} bytes, {seen_bytes} bytes were \
         in use; ask for a shorter time range, group by fewer columns, or start the agent with \
         more `--query-memory`"
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
    /// Rows of a stream came faster than they were taken.
    #[error(
        "rows of table `{table}` came faster than they were taken, and {waiting_bytes} bytes \
         waited, which is the limit; ask for fewer columns, or filter the rows"
    )]
    FellBehind {
        /// Name of the table.
        table: String,
        /// Bytes that waited.
        waiting_bytes: usize,
    },
    /// The plan could not be prepared or executed.
    #[error("query failed")]
    Failed(#[source] Box<DataFusionError>),
}

impl From<DataFusionError> for QueryError {
    fn from(error: DataFusionError) -> Self {
        match error {
            // What a stream says of itself.
            DataFusionError::External(inner) => match inner.downcast::<Self>() {
                Ok(own) => *own,
                Err(inner) => Self::Failed(Box::new(DataFusionError::External(inner))),
            },
            error => Self::Failed(Box::new(error)),
        }
    }
}
