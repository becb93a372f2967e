//! The rows of one displayed table, and what is to be said about them.

use crate::operators::{OperatorStats, operators};
use crate::{Completeness, QueryError, QueryLimits};
use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::memory_pool::MemoryPool;
use datafusion::physical_plan::ExecutionPlan;
use futures::{Stream, StreamExt};
use nixie_pxl::OutputColumn;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tokio::time::Sleep;

/// What an output cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OutputStats {
    /// Rows delivered.
    pub rows: u64,
    /// Bytes of the values delivered.
    pub bytes: u64,
    /// Time from the start of the plan to its last row.
    pub elapsed: Duration,
    /// What was read, one entry for each scan in the plan.
    pub scans: Vec<ScanStats>,
    /// What each operator of the plan did, those above others first.
    pub operators: Vec<OperatorStats>,
}

/// What one scan read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanStats {
    /// Table that was read.
    pub table: String,
    /// Rows that passed the time range.
    pub rows: u64,
    /// Bytes of the values of the columns in use.
    pub bytes: u64,
}

/// What is known of an output once its last row is out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutputSummary {
    /// What it cost.
    pub stats: OutputStats,
    /// What is missing from it.
    pub completeness: Completeness,
}

/// The rows of one output. Dropping it stops the work on it.
pub struct OutputStream {
    pub(crate) name: String,
    pub(crate) columns: Vec<OutputColumn>,
    pub(crate) streaming: bool,
    pub(crate) batches: SendableRecordBatchStream,
    pub(crate) deadline: Pin<Box<Sleep>>,
    pub(crate) limits: QueryLimits,
    pub(crate) memory: Arc<dyn MemoryPool>,
    pub(crate) started: Instant,
    pub(crate) completeness: Completeness,
    pub(crate) scans: Vec<Arc<ScanCounters>>,
    pub(crate) stats: OutputStats,
    pub(crate) plan: Arc<dyn ExecutionPlan>,
    pub(crate) rows_max: Option<u64>,
    pub(crate) ended: bool,
}

impl OutputStream {
    /// Returns the name of the output.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the columns with their meaning.
    #[must_use]
    pub fn columns(&self) -> &[OutputColumn] {
        &self.columns
    }

    /// Returns true if the rows never end.
    #[must_use]
    pub const fn is_streaming(&self) -> bool {
        self.streaming
    }

    /// Returns the Arrow schema of the batches.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        self.batches.schema()
    }

    /// Returns what is known so far; final once the stream has ended.
    #[must_use]
    pub fn summary(&self) -> OutputSummary {
        let scans = self.scans.iter().map(|counters| counters.stats()).collect();
        let stats = OutputStats {
            scans,
            operators: operators(&self.plan),
            ..self.stats.clone()
        };
        OutputSummary {
            stats,
            completeness: self.completeness.clone(),
        }
    }

    fn error(&self, error: DataFusionError) -> QueryError {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => QueryError::OutOfMemory {
                seen_bytes: self.memory.reserved(),
                limit_bytes: self.limits.memory_bytes_max,
            },
            _ => error.into(),
        }
    }

    /// Leaves no more rows than are shown. The plan gives one more, to tell that there are more.
    fn cut(&mut self, batch: &mut RecordBatch) {
        let Some(rows_max) = self.rows_max else {
            return;
        };
        let left = rows_max.saturating_sub(self.stats.rows);
        if (batch.num_rows() as u64) > left {
            *batch = batch.slice(0, usize::try_from(left).unwrap_or(usize::MAX));
            self.completeness.cut_at_rows = Some(rows_max);
            self.ended = true;
        }
    }

    fn next_batch(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<RecordBatch, QueryError>>> {
        // The timer wakes a query that waits; one that always has rows must look at the clock.
        let is_late = self.deadline.deadline() <= tokio::time::Instant::now();
        if is_late || self.deadline.as_mut().poll(context).is_ready() {
            return Poll::Ready(Some(Err(QueryError::TimedOut {
                limit: self.limits.time_max,
            })));
        }
        let polled = self.batches.poll_next_unpin(context);
        polled.map(|next| next.map(|batch| batch.map_err(|error| self.error(error))))
    }
}

impl Stream for OutputStream {
    type Item = Result<RecordBatch, QueryError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let mut polled = self.next_batch(context);
        self.stats.elapsed = self.started.elapsed();
        if let Poll::Ready(Some(Ok(batch))) = &mut polled {
            self.cut(batch);
        }
        match &polled {
            Poll::Ready(Some(Ok(batch))) => {
                self.stats.rows += batch.num_rows() as u64;
                self.stats.bytes += value_bytes(batch);
            }
            // An error is the last thing that is said.
            Poll::Ready(_) => self.ended = true,
            Poll::Pending => {}
        }
        polled
    }
}

/// Counts what one scan reads.
#[derive(Debug)]
pub(crate) struct ScanCounters {
    table: &'static str,
    rows: AtomicU64,
    bytes: AtomicU64,
}

impl ScanCounters {
    pub(crate) const fn new(table: &'static str) -> Self {
        Self {
            table,
            rows: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
        }
    }

    pub(crate) const fn table(&self) -> &'static str {
        self.table
    }

    /// Counts a batch; returns the bytes of its values.
    pub(crate) fn count(&self, batch: &RecordBatch) -> u64 {
        let bytes = value_bytes(batch);
        self.rows
            .fetch_add(batch.num_rows() as u64, Ordering::Relaxed);
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
        bytes
    }

    fn stats(&self) -> ScanStats {
        ScanStats {
            table: self.table.to_owned(),
            rows: self.rows.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
        }
    }
}

/// Returns the bytes of the values in a batch. Memory that views share with the table does not
/// tell that: a batch of ten rows may refer to megabytes.
pub(crate) fn value_bytes(batch: &RecordBatch) -> u64 {
    let of_column = |column: &arrow::array::ArrayRef| match column.data_type() {
        DataType::Utf8View => column.as_string_view().lengths().map(u64::from).sum(),
        other => (other.primitive_width().unwrap_or(1) * column.len()) as u64,
    };
    batch.columns().iter().map(of_column).sum()
}
