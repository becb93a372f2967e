//! One direction of a connection: its unfinished frame, and whether its position is known.

use super::Active;
use crate::limits::PIECE_BYTES;
use crate::{Counters, Found, Input, Parsed, Side};

/// State of one direction while a protocol is in use.
#[derive(Debug, Default)]
pub(super) struct Lane {
    /// Bytes of an unfinished frame head, or the tail in which a message start may hide.
    pending: Vec<u8>,
    /// How much of `pending` has been looked at.
    scanned: usize,
    /// False while the next message start has to be searched.
    pub(super) synced: bool,
    /// Frames recognised.
    pub(super) frames: u32,
    /// Contradictions since the last frame.
    pub(super) invalid: u32,
    /// Bytes skipped since the last frame.
    pub(super) lost_bytes: u64,
    /// Whether something was missed since the last frame: then skipping is no contradiction.
    pub(super) gapped: bool,
    /// Time of the last chunk.
    pub(super) last_ns: i64,
}

impl Lane {
    pub(super) fn new(synced: bool) -> Self {
        Self {
            synced,
            ..Self::default()
        }
    }

    /// Takes bytes. Returns the reason when the parser ends the conversation.
    pub(super) fn data(
        &mut self,
        active: &mut Active,
        side: Side,
        mut data: &[u8],
        time_ns: i64,
        buffer_bytes_max: usize,
        counters: &mut Counters,
    ) -> Option<&'static str> {
        // Only as much as the unfinished head needs is appended; then the chunk is read in place.
        while !self.pending.is_empty() && !data.is_empty() {
            let (piece, rest) = data.split_at(data.len().min(PIECE_BYTES));
            data = rest;
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(piece);
            let outcome = self.run(active, side, &pending, time_ns, counters);
            match outcome {
                Err(reason) => return Some(reason),
                Ok(consumed) if consumed == pending.len() => pending.clear(),
                Ok(consumed) => {
                    pending.drain(..consumed);
                }
            }
            self.pending = pending;
            self.enforce(active, side, time_ns, buffer_bytes_max, counters);
        }
        if !data.is_empty() {
            match self.run(active, side, data, time_ns, counters) {
                Err(reason) => return Some(reason),
                Ok(consumed) => self.pending.extend_from_slice(&data[consumed..]),
            }
            self.enforce(active, side, time_ns, buffer_bytes_max, counters);
        }
        if self.pending.is_empty() && self.pending.capacity() > PIECE_BYTES {
            self.pending = Vec::new();
        }
        None
    }

    /// Takes a gap.
    pub(super) fn gap(
        &mut self,
        active: &mut Active,
        side: Side,
        bytes: u64,
        time_ns: i64,
        counters: &mut Counters,
    ) {
        let covered = self.synced
            && self.pending.is_empty()
            && active.parser.gap(side, bytes, time_ns, counters);
        if covered {
            counters.gaps_covered += 1;
            return;
        }
        counters.gaps_lossy += 1;
        self.gapped = true;
        if self.synced && self.pending.is_empty() {
            self.synced = false;
        } else {
            self.lose(active, side, time_ns, counters);
        }
    }

    /// Drops the unfinished frame and the position.
    pub(super) fn lose(
        &mut self,
        active: &mut Active,
        side: Side,
        time_ns: i64,
        counters: &mut Counters,
    ) {
        self.skip(self.pending.len(), counters);
        self.pending = Vec::new();
        self.scanned = 0;
        self.synced = false;
        active.parser.lost(side, time_ns, counters);
    }

    /// Tells whether an unfinished frame has waited too long for its next byte.
    pub(super) const fn is_stale(&self, now_ns: i64, max_ns: i64) -> bool {
        !self.pending.is_empty() && now_ns.saturating_sub(self.last_ns) > max_ns
    }

    /// Tells whether the bytes contradict the protocol more than a guess, or a settled protocol,
    /// survives.
    pub(super) const fn contradicts(&self, settled: bool) -> bool {
        let invalid_max = if settled {
            SETTLED_INVALID_MAX
        } else {
            CANDIDATE_INVALID_MAX
        };
        let lost_max = if settled || self.gapped {
            SETTLED_LOST_BYTES_MAX
        } else {
            CANDIDATE_LOST_BYTES_MAX
        };
        self.invalid > invalid_max || self.lost_bytes > lost_max
    }

    pub(super) const fn retained_bytes(&self) -> usize {
        self.pending.capacity()
    }

    /// Parses as far as the bytes go. Returns how many are done with.
    fn run(
        &mut self,
        active: &mut Active,
        side: Side,
        bytes: &[u8],
        time_ns: i64,
        counters: &mut Counters,
    ) -> Result<usize, &'static str> {
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            if !self.synced {
                match (active.protocol.resync)(side, rest, self.scanned) {
                    Found::At(offset) => {
                        let told = offset <= self.scanned;
                        self.search(active, side, offset, told, time_ns, counters);
                        at += offset;
                        self.synced = true;
                        counters.resyncs += 1;
                    }
                    Found::Nowhere { keep } => {
                        self.search(active, side, rest.len() - keep, false, time_ns, counters);
                        self.scanned = keep;
                        return Ok(bytes.len() - keep);
                    }
                }
                self.scanned = 0;
                continue;
            }
            let input = Input {
                bytes: rest,
                scanned: self.scanned,
                time_ns,
            };
            match active.parser.parse(side, input, counters) {
                Parsed::Frame(consumed) => {
                    self.frames = self.frames.saturating_add(1);
                    self.invalid = 0;
                    self.lost_bytes = 0;
                    self.gapped = false;
                    counters.frames += 1;
                    at += consumed;
                }
                Parsed::Part(consumed) => at += consumed,
                Parsed::NeedMore => {
                    self.scanned = rest.len();
                    return Ok(at);
                }
                Parsed::Invalid(_) => {
                    counters.frames_invalid += 1;
                    self.invalid = self.invalid.saturating_add(1);
                    active.parser.lost(side, time_ns, counters);
                    self.synced = false;
                    self.skip(1, counters);
                    at += 1;
                }
                Parsed::Stop(reason) => return Err(reason),
            }
            self.scanned = 0;
        }
        Ok(at)
    }

    /// Drops an unfinished frame that exceeds the buffer.
    fn enforce(
        &mut self,
        active: &mut Active,
        side: Side,
        time_ns: i64,
        buffer_bytes_max: usize,
        counters: &mut Counters,
    ) {
        if self.pending.len() > buffer_bytes_max {
            counters.frames_oversized += 1;
            self.gapped = true;
            self.lose(active, side, time_ns, counters);
        }
    }

    /// Skips bytes while searching.
    ///
    /// The loss of requests was told where it began, and covers everything up to the next start.
    /// Of responses it is told again: what is skipped may answer requests that came meanwhile.
    /// Bytes that were there before this chunk are no news.
    fn search(
        &mut self,
        active: &mut Active,
        side: Side,
        bytes: usize,
        told: bool,
        time_ns: i64,
        counters: &mut Counters,
    ) {
        self.skip(bytes, counters);
        if bytes > 0 && !told && side == Side::Response {
            active.parser.lost(side, time_ns, counters);
        }
    }

    fn skip(&mut self, bytes: usize, counters: &mut Counters) {
        self.lost_bytes += bytes as u64;
        counters.resync_bytes += bytes as u64;
    }
}

/// LIMIT: contradictions in a row, per direction, that a guess survives.
const CANDIDATE_INVALID_MAX: u32 = 4;

/// LIMIT: contradictions in a row, per direction, that a settled protocol survives.
const SETTLED_INVALID_MAX: u32 = 64;

/// LIMIT: bytes seen without a message start that a guess survives.
const CANDIDATE_LOST_BYTES_MAX: u64 = 16 * 1024;

/// LIMIT: bytes seen without a message start that a settled protocol survives: a large body
/// whose chunk headers are lost in gaps passes by.
const SETTLED_LOST_BYTES_MAX: u64 = 4 * 1024 * 1024;
