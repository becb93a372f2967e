//! Reads a table: projection, time range, row limit, in order of time or shared by threads.
//!
//! A scan never copies text: the strings that it delivers are views into the table's buffers,
//! which stay alive as long as any batch refers to them.

mod ordered;
mod reader;
mod shared;

pub use ordered::OrderedScan;
pub use shared::{SharedScan, SharedScanWorker};

use crate::TableError;
use crate::chunk::Chunk;
use arrow::datatypes::{Schema, SchemaRef};
use nixie_types::TableSpec;
use std::sync::Arc;

/// What to read.
#[derive(Clone, Debug, Default)]
pub struct ScanOptions {
    /// Positions of the columns to deliver, in order; none means all.
    pub projection: Option<Vec<usize>>,
    /// First time to deliver, inclusive.
    pub start_ns: Option<i64>,
    /// Last time to deliver, inclusive.
    pub end_ns: Option<i64>,
    /// Texts that columns must equal. Chunks that hold none of them are passed over; rows are not
    /// looked at, so whoever asks compares them as well.
    pub equal_texts: Vec<EqualText>,
    /// Most rows to deliver.
    pub limit: Option<usize>,
    /// Most rows in a batch; 0 means [`ScanOptions::BATCH_ROWS`].
    pub batch_rows: usize,
}

/// A text that a column must equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EqualText {
    /// Position of the column in the table.
    pub column: usize,
    /// The text.
    pub text: String,
}

impl ScanOptions {
    /// LIMIT: rows in a batch unless asked otherwise; small enough for a column to stay in cache.
    pub const BATCH_ROWS: usize = 8192;

    const fn batch_rows(&self) -> usize {
        if self.batch_rows == 0 {
            Self::BATCH_ROWS
        } else {
            self.batch_rows
        }
    }

    fn limit(&self) -> usize {
        self.limit.unwrap_or(usize::MAX)
    }
}

/// The rows that a table held at one moment.
#[derive(Clone, Debug)]
pub struct Snapshot {
    spec: &'static TableSpec,
    schema: SchemaRef,
    /// In the order of arrival.
    chunks: Arc<[Arc<Chunk>]>,
}

impl Snapshot {
    pub(crate) const fn new(
        spec: &'static TableSpec,
        schema: SchemaRef,
        chunks: Arc<[Arc<Chunk>]>,
    ) -> Self {
        Self {
            spec,
            schema,
            chunks,
        }
    }

    /// Returns the schema of all columns.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Returns the number of rows, without regard to any range.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.chunks.iter().map(|chunk| chunk.rows()).sum()
    }

    /// Reads rows in order of time; rows of equal time in the order of their arrival.
    ///
    /// # Errors
    ///
    /// When the projection names a column that does not exist.
    pub fn scan(&self, options: &ScanOptions) -> Result<OrderedScan, TableError> {
        let target = self.target(options)?;
        Ok(OrderedScan::new(self.pieces(options), target, options))
    }

    /// Reads rows in no particular order, divided among any number of workers as they ask.
    ///
    /// # Errors
    ///
    /// When the projection names a column that does not exist.
    pub fn scan_shared(&self, options: &ScanOptions) -> Result<SharedScan, TableError> {
        let target = self.target(options)?;
        Ok(SharedScan::new(self.pieces(options), target, options))
    }

    fn target(&self, options: &ScanOptions) -> Result<Target, TableError> {
        let columns = self.schema.fields().len();
        let Some(projection) = options.projection.clone() else {
            return Ok(Target {
                schema: self.schema(),
                projection: (0..columns).collect(),
            });
        };
        if let Some(&index) = projection.iter().find(|&&index| index >= columns) {
            return Err(TableError::WrongColumn {
                table: self.spec.name,
                columns,
                index,
            });
        }
        let fields: Vec<_> = projection
            .iter()
            .map(|&index| Arc::clone(&self.schema.fields()[index]))
            .collect();
        Ok(Target {
            schema: Arc::new(Schema::new(fields)),
            projection,
        })
    }

    /// Returns the parts of the chunks that lie in the time range.
    fn pieces(&self, options: &ScanOptions) -> Vec<Piece> {
        let start = options.start_ns.unwrap_or(i64::MIN);
        let end = options.end_ns.unwrap_or(i64::MAX);
        let in_range = |chunk: &&Arc<Chunk>| {
            start <= end && chunk.max_time_ns() >= start && chunk.min_time_ns() <= end
        };
        let may_match = |chunk: &&Arc<Chunk>| {
            let mut wanted = options.equal_texts.iter();
            wanted.all(|equal| chunk.may_contain(equal.column, &equal.text))
        };
        let piece = |chunk: &Arc<Chunk>| {
            let times = chunk.times();
            let from = times.partition_point(|&time| time < start);
            let to = times.partition_point(|&time| time <= end);
            Piece {
                chunk: Arc::clone(chunk),
                from,
                to,
            }
        };
        let pieces = self.chunks.iter().filter(in_range).filter(may_match);
        let pieces = pieces.map(piece);
        pieces.filter(|piece| piece.from < piece.to).collect()
    }
}

/// Which columns to deliver, and the schema that they form.
#[derive(Clone, Debug)]
struct Target {
    schema: SchemaRef,
    projection: Vec<usize>,
}

/// Neighbouring rows of a chunk; never empty.
#[derive(Clone, Debug)]
struct Piece {
    chunk: Arc<Chunk>,
    from: usize,
    to: usize,
}

impl Piece {
    fn min_time_ns(&self) -> i64 {
        self.chunk.times()[self.from]
    }
}

#[cfg(test)]
mod tests;
