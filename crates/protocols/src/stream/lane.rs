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

    /// Takes bytes.
    pub(super) fn data(&mut self, feed: &mut Feed<'_>, mut data: &[u8]) -> Taken {
        // Only as much as the unfinished head needs is appended; then the chunk is read in place.
        while !self.pending.is_empty() && !data.is_empty() {
            let (piece, rest) = data.split_at(data.len().min(PIECE_BYTES));
            data = rest;
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(piece);
            match self.run(feed, &pending) {
                Ok(consumed) if consumed == pending.len() => pending.clear(),
                Ok(consumed) => {
                    pending.drain(..consumed);
                }
                Err(Halt::Ended(reason)) => return Taken::Ended(reason),
                Err(Halt::Contradicted(at)) => {
                    pending.drain(..at);
                    pending.extend_from_slice(data);
                    return Taken::Contradicted(pending);
                }
            }
            self.pending = pending;
        }
        if !data.is_empty() {
            match self.run(feed, data) {
                Ok(consumed) => self.pending.extend_from_slice(&data[consumed..]),
                Err(Halt::Ended(reason)) => return Taken::Ended(reason),
                Err(Halt::Contradicted(at)) => return Taken::Contradicted(data[at..].to_vec()),
            }
        }
        if self.pending.is_empty() && self.pending.capacity() > PIECE_BYTES {
            self.pending = Vec::new();
        }
        Taken::All
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
        self.invalid > invalid_max || self.lost_bytes > self.lost_bytes_max(settled)
    }

    const fn lost_bytes_max(&self, settled: bool) -> u64 {
        if settled || self.gapped {
            SETTLED_LOST_BYTES_MAX
        } else {
            CANDIDATE_LOST_BYTES_MAX
        }
    }

    pub(super) const fn retained_bytes(&self) -> usize {
        self.pending.capacity()
    }

    /// Parses as far as the bytes go. Returns how many are done with.
    ///
    /// What is decided depends on the bytes alone: the parser sees no more of a frame than its limit,
    /// and contradictions are judged where they are, however the bytes were cut.
    fn run(&mut self, feed: &mut Feed<'_>, bytes: &[u8]) -> Result<usize, Halt> {
        let frame_bytes_max = feed.buffer_bytes_max + 1;
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            let seen = &rest[..rest.len().min(frame_bytes_max)];
            let step = if self.synced {
                self.parse(feed, seen)?
            } else {
                self.search(feed, seen)
            };
            at += step.taken;
            if feed.judge.contradicts(self) {
                return Err(Halt::Contradicted(at));
            }
            self.scanned = step.scanned;
            if step.needs_more {
                if rest.len() < frame_bytes_max {
                    return Ok(at);
                }
                if step.taken == 0 {
                    self.drop_oversized(feed, seen.len());
                    at += seen.len();
                }
            }
        }
        Ok(at)
    }

    /// Looks for the start of a message.
    fn search(&mut self, feed: &mut Feed<'_>, bytes: &[u8]) -> Step {
        let found = (feed.active.protocol.resync)(feed.side, bytes, self.scanned);
        let (skipped, keep) = match found {
            Found::At(offset) => (offset, None),
            Found::Nowhere { keep } => (bytes.len() - keep, Some(keep)),
        };
        let survived = feed.judge.bytes_to_contradiction(self);
        let taken = skipped.min(usize::try_from(survived).unwrap_or(usize::MAX));
        self.skip(taken, feed.counters);
        // The loss of requests was told where it began, and covers everything up to the next start.
        // Of responses it is told again: what is skipped may answer requests that came meanwhile.
        if taken > 0 && feed.side == Side::Response {
            let time_ns = feed.time_ns;
            feed.active.parser.lost(feed.side, time_ns, feed.counters);
        }
        match keep {
            None if taken == skipped => {
                self.synced = true;
                feed.counters.resyncs += 1;
                Step::taken(taken)
            }
            None => Step::taken(taken),
            Some(keep) => Step {
                taken,
                scanned: keep,
                needs_more: true,
            },
        }
    }

    /// Parses the next frame or part of one.
    fn parse(&mut self, feed: &mut Feed<'_>, bytes: &[u8]) -> Result<Step, Halt> {
        let input = Input {
            bytes,
            scanned: self.scanned,
            time_ns: feed.time_ns,
        };
        let (parser, counters) = (&mut feed.active.parser, &mut *feed.counters);
        match parser.parse(feed.side, input, counters) {
            Parsed::Frame(consumed) => {
                self.frames = self.frames.saturating_add(1);
                self.invalid = 0;
                self.lost_bytes = 0;
                self.gapped = false;
                counters.frames += 1;
                Ok(Step::taken(consumed))
            }
            Parsed::Part(consumed) => Ok(Step::taken(consumed)),
            Parsed::NeedMore => Ok(Step {
                taken: 0,
                scanned: bytes.len(),
                needs_more: true,
            }),
            Parsed::Invalid(_) => {
                counters.frames_invalid += 1;
                self.invalid = self.invalid.saturating_add(1);
                parser.lost(feed.side, feed.time_ns, counters);
                self.synced = false;
                self.skip(1, counters);
                Ok(Step::taken(1))
            }
            Parsed::Stop(reason) => Err(Halt::Ended(reason)),
        }
    }

    /// Drops an unfinished frame that exceeds the buffer.
    fn drop_oversized(&mut self, feed: &mut Feed<'_>, bytes: usize) {
        feed.counters.frames_oversized += 1;
        self.gapped = true;
        self.skip(bytes, feed.counters);
        self.scanned = 0;
        self.synced = false;
        feed.active
            .parser
            .lost(feed.side, feed.time_ns, feed.counters);
    }

    fn skip(&mut self, bytes: usize, counters: &mut Counters) {
        self.lost_bytes += bytes as u64;
        counters.resync_bytes += bytes as u64;
    }
}

/// What a direction works with while it takes a chunk.
pub(super) struct Feed<'a> {
    pub(super) active: &'a mut Active,
    pub(super) side: Side,
    pub(super) time_ns: i64,
    pub(super) buffer_bytes_max: usize,
    pub(super) judge: Judge,
    pub(super) counters: &'a mut Counters,
}

/// Whether the protocol in use is settled, and what that demands of its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Judge {
    pub(super) settled: bool,
    /// Frames of the other direction.
    pub(super) other_frames: u32,
}

impl Judge {
    /// Returns true when the bytes contradict the protocol. Frames may settle it meanwhile.
    #[inline]
    fn contradicts(&mut self, lane: &Lane) -> bool {
        if self.settled && lane.invalid == 0 && lane.lost_bytes == 0 {
            return false;
        }
        if lane.contradicts(self.settled) {
            return true;
        }
        self.settled |= settles(lane.frames, self.other_frames);
        false
    }

    /// Returns how many bytes may be skipped until that is a contradiction, the last one included.
    const fn bytes_to_contradiction(self, lane: &Lane) -> u64 {
        (lane.lost_bytes_max(self.settled) + 1).saturating_sub(lane.lost_bytes)
    }
}

/// Tells whether the frames of both directions show that the protocol is spoken.
pub(super) const fn settles(frames: u32, other_frames: u32) -> bool {
    frames > 0 && other_frames > 0 || frames >= ONE_SIDED_FRAMES || other_frames >= ONE_SIDED_FRAMES
}

/// What became of a chunk.
pub(super) enum Taken {
    /// All of it was taken.
    All,
    /// The protocol is contradicted; these bytes are left.
    Contradicted(Vec<u8>),
    /// The parser ended the conversation, with its reason.
    Ended(&'static str),
}

/// Why parsing does not go on.
enum Halt {
    Contradicted(usize),
    Ended(&'static str),
}

/// One step of parsing.
struct Step {
    taken: usize,
    /// How many of the bytes that follow have been looked at.
    scanned: usize,
    needs_more: bool,
}

impl Step {
    const fn taken(taken: usize) -> Self {
        Self {
            taken,
            scanned: 0,
            needs_more: false,
        }
    }
}

/// Frames of one direction that settle a protocol when the other direction is not seen.
const ONE_SIDED_FRAMES: u32 = 3;

/// LIMIT: contradictions in a row, per direction, that a guess survives.
const CANDIDATE_INVALID_MAX: u32 = 4;

/// LIMIT: contradictions in a row, per direction, that a settled protocol survives.
const SETTLED_INVALID_MAX: u32 = 64;

/// LIMIT: bytes seen without a message start that a guess survives.
const CANDIDATE_LOST_BYTES_MAX: u64 = 16 * 1024;

/// LIMIT: bytes seen without a message start that a settled protocol survives: a large body
/// whose chunk headers are lost in gaps passes by.
const SETTLED_LOST_BYTES_MAX: u64 = 4 * 1024 * 1024;
