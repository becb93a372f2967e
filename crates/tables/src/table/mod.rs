//! One table: chunks in the order of their arrival, within a share of the memory budget.
//!
//! Writers of a table take turns. A writer prepares chunks on its own and then swaps the list
//! that readers see; a reader clones that list and is on its own from then on. Memory of evicted
//! chunks is freed when the last reader that still uses them is done.

use crate::TableError;
use crate::allocations::Allocations;
use crate::chunk::Chunk;
use crate::follow::{Follower, Followers};
use crate::merge::merge;
use crate::scan::Snapshot;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use nixie_types::TableSpec;
use parking_lot::{Mutex, RwLock};
use std::sync::Arc;

/// LIMIT: rows at which a chunk is complete and never merged again.
const SEALED_ROWS: usize = 64 * 1024;

/// LIMIT: bytes at which a chunk is complete, whatever its rows; less for small tables.
const SEALED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// A complete chunk is at most about this part of the table's share, so that eviction is gradual.
const CHUNKS_IN_SHARE: usize = 16;

/// LIMIT: neighbouring chunks of like size before they are merged. Sixteen of a size class make
/// one of the next, so a row is copied once per class at most.
const MERGED_TOGETHER: usize = 16;

/// LIMIT: incomplete chunks of any size before all of them are merged.
const INCOMPLETE_CHUNKS_MAX: usize = 64;

/// Chunks that together exceed this part of the share stay as they are: a merge would evict rows
/// to make room for itself.
const MERGED_PART_OF_SHARE: usize = 4;

/// What a table holds and what happened to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableStats {
    /// Rows held.
    pub rows: u64,
    /// Bytes held, to the byte of what Arrow allocated.
    pub bytes: u64,
    /// Most bytes that may be held.
    pub bytes_max: u64,
    /// Number of batches that the rows are held in.
    pub batches: u64,
    /// Bytes in batches that are complete, and stay as they are until they are evicted.
    pub sealed_bytes: u64,
    /// Batches added since the start.
    pub batches_added: u64,
    /// Batches evicted to make room.
    pub batches_evicted: u64,
    /// Batches merged into larger ones.
    pub batches_merged: u64,
    /// Rows added since the start.
    pub rows_added: u64,
    /// Bytes added since the start, as they arrived.
    pub bytes_added: u64,
    /// Rows evicted to make room.
    pub rows_evicted: u64,
    /// Bytes freed by eviction.
    pub bytes_evicted: u64,
    /// Rows that could never be held, because one alone exceeds the table's share.
    pub rows_dropped: u64,
    /// Bytes of those rows.
    pub bytes_dropped: u64,
    /// Time of the oldest row held.
    pub min_time_ns: Option<i64>,
    /// Time of the newest row held.
    pub max_time_ns: Option<i64>,
    /// Time of the newest row that was evicted or dropped; rows up to it may be missing.
    pub evicted_until_ns: Option<i64>,
}

/// Rows of a batch that could not be held, because one alone exceeds the table's share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// Number of rows.
    pub rows: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// One table within its share of the budget.
#[derive(Debug)]
pub struct Table {
    spec: &'static TableSpec,
    schema: SchemaRef,
    bytes_max: usize,
    sealed_bytes: usize,
    writer: Mutex<Writer>,
    published: RwLock<Published>,
}

/// What readers see; replaced as a whole.
#[derive(Clone, Debug)]
struct Published {
    chunks: Arc<[Arc<Chunk>]>,
    stats: TableStats,
}

#[derive(Debug, Default)]
struct Writer {
    /// In the order of arrival; those before `sealed` are complete.
    chunks: Vec<Arc<Chunk>>,
    sealed: usize,
    held: Allocations,
    stats: TableStats,
    followers: Followers,
}

impl Table {
    /// Returns whether anything fills the table: one that only waits for its source has no memory.
    #[must_use]
    pub const fn has_source(&self) -> bool {
        self.bytes_max > 0
    }

    /// Returns an empty table that never holds more than `bytes_max` bytes.
    #[must_use]
    pub fn new(spec: &'static TableSpec, bytes_max: usize) -> Self {
        let stats = TableStats {
            bytes_max: bytes_max as u64,
            ..TableStats::default()
        };
        Self {
            spec,
            schema: spec.schema(),
            bytes_max,
            sealed_bytes: (bytes_max / CHUNKS_IN_SHARE).min(SEALED_BYTES_MAX),
            writer: Mutex::new(Writer {
                stats,
                ..Writer::default()
            }),
            published: RwLock::new(Published {
                chunks: Arc::new([]),
                stats,
            }),
        }
    }

    /// Returns what the table is.
    #[must_use]
    pub const fn spec(&self) -> &'static TableSpec {
        self.spec
    }

    /// Returns the schema that scans deliver.
    #[must_use]
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// Adds rows, in the storage schema and any order of time. Evicts the oldest rows when the
    /// table is full. Returns what could not be held at all.
    ///
    /// # Errors
    ///
    /// When the batch does not have the storage schema; nothing is added then.
    pub fn append(&self, batch: RecordBatch) -> Result<Dropped, TableError> {
        let Some(chunk) = Chunk::from_batch(self.spec, batch)? else {
            return Ok(Dropped::default());
        };
        let mut writer = self.writer.lock();
        let before = writer.stats;
        writer.stats.batches_added += 1;
        writer.stats.rows_added += chunk.rows() as u64;
        writer.stats.bytes_added += chunk.bytes() as u64;
        self.add(&mut writer, chunk)?;
        self.publish(&mut writer);
        Ok(Dropped {
            rows: writer.stats.rows_dropped - before.rows_dropped,
            bytes: writer.stats.bytes_dropped - before.bytes_dropped,
        })
    }

    /// Returns the rows held now, for reading.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let chunks = Arc::clone(&self.published.read().chunks);
        Snapshot::new(self.spec, Arc::clone(&self.schema), chunks)
    }

    /// Returns the rows held now, and what gets those that come after them.
    #[must_use]
    pub fn follow(&self) -> (Snapshot, Follower) {
        // No row comes in between.
        let mut writer = self.writer.lock();
        let follower = writer.followers.add(self.spec, Arc::clone(&self.schema));
        (self.snapshot(), follower)
    }

    /// Returns what the table holds and what happened to it.
    #[must_use]
    pub fn stats(&self) -> TableStats {
        self.published.read().stats
    }

    /// Adds a chunk, in parts if it is larger than a complete chunk should be.
    fn add(&self, writer: &mut Writer, chunk: Chunk) -> Result<(), TableError> {
        if chunk.bytes() > self.sealed_bytes.max(1) && chunk.rows() > 1 {
            let [first, second] = chunk.halves()?;
            drop(chunk);
            self.add(writer, first)?;
            return self.add(writer, second);
        }
        if chunk.bytes() > self.bytes_max {
            writer.drop_chunk(&chunk);
            return Ok(());
        }
        self.make_room(writer, chunk.bytes());
        let chunk = writer.hold(chunk);
        writer.followers.tell(&chunk);
        self.merge_small(writer)
    }

    /// Merges incomplete chunks where that is due.
    fn merge_small(&self, writer: &mut Writer) -> Result<(), TableError> {
        loop {
            let incomplete = &writer.chunks[writer.sealed..];
            let rows: usize = incomplete.iter().map(|chunk| chunk.rows()).sum();
            let bytes: usize = incomplete.iter().map(|chunk| chunk.bytes()).sum();
            let complete = rows >= SEALED_ROWS || bytes >= self.sealed_bytes;
            let run = if complete || incomplete.len() >= INCOMPLETE_CHUNKS_MAX {
                incomplete.len()
            } else {
                run_of_like_size(incomplete)
            };
            if run == 0 {
                return Ok(());
            }
            let from = writer.chunks.len() - run;
            let merged_bytes = writer.chunks[from..]
                .iter()
                .map(|chunk| chunk.bytes())
                .sum();
            if merged_bytes > self.bytes_max / MERGED_PART_OF_SHARE {
                writer.sealed = writer.chunks.len();
                return Ok(());
            }
            // The parts and the whole exist side by side for a moment: both must fit.
            if self.make_room(writer, merged_bytes) {
                self.publish(writer);
                continue;
            }
            let merged = merge(&writer.chunks[from..])?;
            writer.release(from);
            writer.stats.batches_merged += run as u64;
            self.make_room(writer, merged.bytes());
            writer.hold(merged);
            if complete {
                writer.sealed = writer.chunks.len();
            }
            self.publish(writer);
        }
    }

    /// Evicts the oldest rows until `bytes` more fit or nothing is left. Returns true if
    /// anything was evicted.
    fn make_room(&self, writer: &mut Writer, bytes: usize) -> bool {
        let mut evicted = false;
        while writer.held.bytes() + bytes > self.bytes_max && writer.evict_oldest() {
            evicted = true;
        }
        evicted
    }

    fn publish(&self, writer: &mut Writer) {
        let chunks: Arc<[Arc<Chunk>]> = writer.chunks.as_slice().into();
        let sealed = &chunks[..writer.sealed];
        let sealed_bytes: usize = sealed.iter().map(|chunk| chunk.bytes()).sum();
        let stats = &mut writer.stats;
        stats.sealed_bytes = sealed_bytes as u64;
        stats.bytes = writer.held.bytes() as u64;
        stats.rows = chunks.iter().map(|chunk| chunk.rows() as u64).sum();
        stats.batches = chunks.len() as u64;
        stats.min_time_ns = chunks.iter().map(|chunk| chunk.min_time_ns()).min();
        stats.max_time_ns = chunks.iter().map(|chunk| chunk.max_time_ns()).max();
        let next = Published {
            chunks,
            stats: *stats,
        };
        // The old list is freed after the lock is given back: freeing may take a while.
        let old = std::mem::replace(&mut *self.published.write(), next);
        drop(old);
    }
}

impl Writer {
    fn hold(&mut self, chunk: Chunk) -> Arc<Chunk> {
        self.held.add(chunk.allocations());
        let chunk = Arc::new(chunk);
        self.chunks.push(Arc::clone(&chunk));
        chunk
    }

    /// Lets go of the chunks from a position on, without counting them as evicted.
    fn release(&mut self, from: usize) {
        for chunk in self.chunks.drain(from..) {
            self.held.remove(chunk.allocations());
        }
    }

    fn evict_oldest(&mut self) -> bool {
        let oldest = (0..self.chunks.len()).min_by_key(|&at| self.chunks[at].max_time_ns());
        let Some(at) = oldest else { return false };
        let chunk = self.chunks.remove(at);
        self.sealed -= usize::from(at < self.sealed);
        self.stats.batches_evicted += 1;
        self.stats.rows_evicted += chunk.rows() as u64;
        self.stats.bytes_evicted += self.held.remove(chunk.allocations()) as u64;
        self.gone_until(chunk.max_time_ns());
        true
    }

    fn drop_chunk(&mut self, chunk: &Chunk) {
        self.stats.rows_dropped += chunk.rows() as u64;
        self.stats.bytes_dropped += chunk.bytes() as u64;
        self.gone_until(chunk.max_time_ns());
    }

    fn gone_until(&mut self, time_ns: i64) {
        let until = &mut self.stats.evicted_until_ns;
        *until = Some(until.map_or(time_ns, |known| known.max(time_ns)));
    }
}

/// Returns how many of the last chunks are of one size class, once they are enough to merge.
fn run_of_like_size(chunks: &[Arc<Chunk>]) -> usize {
    let class = |chunk: &Arc<Chunk>| chunk.rows().ilog2() / MERGED_TOGETHER.ilog2();
    let Some(last) = chunks.last().map(class) else {
        return 0;
    };
    let run = chunks
        .iter()
        .rev()
        .take_while(|chunk| class(chunk) == last)
        .count();
    if run >= MERGED_TOGETHER { run } else { 0 }
}

#[cfg(test)]
mod tests;
