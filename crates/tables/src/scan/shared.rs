//! Reads chunks in no particular order, by several threads that share the work.
//!
//! A worker takes one chunk after the other from a common list, so that no worker runs dry while
//! another has much left.

use crate::TableError;
use crate::scan::reader::Reader;
use crate::scan::{Piece, ScanOptions, Target};
use arrow::array::RecordBatch;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A scan to be divided among workers.
#[derive(Clone, Debug)]
pub struct SharedScan {
    work: Arc<Work>,
}

#[derive(Debug)]
struct Work {
    pieces: Vec<Piece>,
    next: AtomicUsize,
    target: Target,
    batch_rows: usize,
    limit: usize,
}

impl SharedScan {
    pub(super) fn new(pieces: Vec<Piece>, target: Target, options: &ScanOptions) -> Self {
        let (batch_rows, limit) = (options.batch_rows(), options.limit());
        let work = Work {
            pieces,
            next: AtomicUsize::new(0),
            target,
            batch_rows,
            limit,
        };
        Self {
            work: Arc::new(work),
        }
    }

    /// Returns a worker. All workers of a scan together deliver each row once; the row limit
    /// holds for each worker by itself.
    #[must_use]
    pub fn worker(&self) -> SharedScanWorker {
        SharedScanWorker {
            rows_left: self.work.limit,
            work: Arc::clone(&self.work),
            current: None,
        }
    }
}

/// Delivers batches of those chunks that no other worker has taken.
#[derive(Debug)]
pub struct SharedScanWorker {
    work: Arc<Work>,
    rows_left: usize,
    current: Option<(Piece, Reader)>,
}

impl SharedScanWorker {
    fn take_piece(&self) -> Option<(Piece, Reader)> {
        let next = self.work.next.fetch_add(1, Ordering::Relaxed);
        let piece = self.work.pieces.get(next)?.clone();
        let reader = Reader::new(&piece.chunk, &self.work.target);
        Some((piece, reader))
    }
}

impl Iterator for SharedScanWorker {
    type Item = Result<RecordBatch, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rows_left == 0 {
            return None;
        }
        let (mut piece, reader) = match self.current.take() {
            Some(current) => current,
            None => self.take_piece()?,
        };
        let rows = (piece.to - piece.from)
            .min(self.work.batch_rows)
            .min(self.rows_left);
        let batch = reader.read(piece.from, rows);
        piece.from += rows;
        self.rows_left -= rows;
        if piece.from < piece.to {
            self.current = Some((piece, reader));
        }
        Some(batch)
    }
}
