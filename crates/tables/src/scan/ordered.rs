//! Reads chunks in order of time, also where late rows make their ranges overlap.
//!
//! Each chunk is sorted, so this is a merge. It takes as long a run from one chunk as its times
//! stay below those of all others: chunks that do not overlap are delivered whole.

use crate::TableError;
use crate::scan::reader::Reader;
use crate::scan::{Piece, ScanOptions, Target};
use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Delivers batches in order of time.
#[derive(Debug)]
pub struct OrderedScan {
    target: Target,
    batch_rows: usize,
    rows_left: usize,
    /// Pieces not begun, the earliest last.
    waiting: Vec<(Rank, Piece)>,
    /// Pieces begun, the one with the earliest next row on top.
    active: BinaryHeap<Reverse<Cursor>>,
}

/// Position of a row in the order: by time, then by arrival of its chunk.
type Rank = (i64, usize);

impl OrderedScan {
    pub(super) fn new(pieces: Vec<Piece>, target: Target, options: &ScanOptions) -> Self {
        let rank = |(arrival, piece): (usize, Piece)| ((piece.min_time_ns(), arrival), piece);
        let mut waiting: Vec<(Rank, Piece)> = pieces.into_iter().enumerate().map(rank).collect();
        waiting.sort_by_key(|entry| Reverse(entry.0));
        Self {
            target,
            batch_rows: options.batch_rows(),
            rows_left: options.limit(),
            waiting,
            active: BinaryHeap::new(),
        }
    }

    fn read_batch(&mut self) -> Result<Option<RecordBatch>, TableError> {
        let mut parts = Vec::new();
        let mut room = self.batch_rows.min(self.rows_left);
        while room > 0 {
            let Some(part) = self.read_run(room)? else {
                break;
            };
            room -= part.num_rows();
            self.rows_left -= part.num_rows();
            parts.push(part);
        }
        if parts.len() > 1 {
            return Ok(Some(concat_batches(&self.target.schema, &parts)?));
        }
        Ok(parts.pop())
    }

    /// Reads at most `rows_max` rows that follow each other in one chunk and in the order.
    fn read_run(&mut self, rows_max: usize) -> Result<Option<RecordBatch>, TableError> {
        self.begin_earliest();
        let Some(Reverse(mut cursor)) = self.active.pop() else {
            return Ok(None);
        };
        let waiting = self.waiting.last().map(|entry| entry.0);
        let active = self.active.peek().map(|other| other.0.rank());
        let rows = match waiting.into_iter().chain(active).min() {
            Some(bound) => cursor.rows_before(bound).min(rows_max),
            None => rows_max.min(cursor.piece.to - cursor.piece.from),
        };
        let batch = cursor.reader.read(cursor.piece.from, rows)?;
        cursor.piece.from += rows;
        if cursor.piece.from < cursor.piece.to {
            self.active.push(Reverse(cursor));
        }
        Ok(Some(batch))
    }

    /// Begins the next piece if its first row comes before those of all begun pieces.
    fn begin_earliest(&mut self) {
        let earliest = self.active.peek().map(|cursor| cursor.0.rank());
        if let Some((rank, piece)) = self.waiting.pop() {
            if earliest.is_some_and(|earliest| earliest < rank) {
                self.waiting.push((rank, piece));
                return;
            }
            let reader = Reader::new(&piece.chunk, &self.target);
            self.active.push(Reverse(Cursor {
                arrival: rank.1,
                piece,
                reader,
            }));
        }
    }
}

impl Iterator for OrderedScan {
    type Item = Result<RecordBatch, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.read_batch().transpose()
    }
}

/// The rows of a begun piece that have not been delivered.
#[derive(Debug)]
struct Cursor {
    arrival: usize,
    piece: Piece,
    reader: Reader,
}

impl Cursor {
    fn rank(&self) -> Rank {
        (self.piece.min_time_ns(), self.arrival)
    }

    /// Returns how many rows come before a row of another chunk; at least the first does.
    fn rows_before(&self, bound: Rank) -> usize {
        let times = &self.piece.chunk.times()[self.piece.from..self.piece.to];
        times
            .partition_point(|&time| (time, self.arrival) < bound)
            .max(1)
    }
}

impl PartialEq for Cursor {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Cursor {}

impl PartialOrd for Cursor {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Cursor {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}
