//! What one connection may keep and for how long.

/// Bounds of one [`crate::ConnStream`]. Shared by all connections, so hold it in an `Arc`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of an unfinished frame that each direction may hold.
    ///
    /// A frame head that does not fit is lost and counted as `frames_oversized`.
    pub buffer_bytes_max: usize,
    /// Bytes of a body that are kept for its column; the rest only counts.
    pub body_bytes_max: usize,
    /// Bytes that waiting requests, and records not drained yet, may hold together.
    pub records_bytes_max: usize,
    /// After this long without an answer a request is written as unanswered.
    pub answer_ns_max: i64,
    /// After this long without another byte an unfinished frame head is given up.
    pub partial_ns_max: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            // LIMIT: servers refuse request heads over 8 to 64 KiB.
            buffer_bytes_max: 64 * 1024,
            // LIMIT: what a person reads of a body; eight times the usual 512 bytes.
            body_bytes_max: 4096,
            // LIMIT: about 400 exchanges of 1 KiB with full heads between two drains.
            records_bytes_max: 1024 * 1024,
            // LIMIT: longer than every common proxy time-out (60 s), so long polls come out right.
            answer_ns_max: 300 * NANOS_PER_SEC,
            // LIMIT: a head arrives in one piece or within a few round trips.
            partial_ns_max: 10 * NANOS_PER_SEC,
        }
    }
}

impl Limits {
    /// Returns the bound of [`crate::ConnStream::retained_bytes`] under these limits.
    ///
    /// Buffers grow by doubling, which is why each bound counts twice.
    #[must_use]
    pub const fn retained_bytes_max(&self) -> usize {
        let lane = 2 * (self.buffer_bytes_max + PIECE_BYTES);
        let message = 2 * (self.body_bytes_max + MESSAGE_TEXT_BYTES_MAX);
        2 * lane + 2 * self.records_bytes_max + MESSAGES_IN_HAND * message + BOOKKEEPING_BYTES_MAX
    }
}

const NANOS_PER_SEC: i64 = nixie_types::clock::NANOS_PER_SEC;

/// Bytes appended at a time to an unfinished frame; the rest of a chunk is then read in place.
pub(crate) const PIECE_BYTES: usize = 4096;

/// LIMIT: text of a message besides its body: start line, headers as JSON, markers.
pub(crate) const MESSAGE_TEXT_BYTES_MAX: usize = 16 * 1024;

/// Messages that a connection works on, outside the budget of waiting records.
const MESSAGES_IN_HAND: usize = 6;

/// LIMIT: queues, logs and scratch space that hold no payload.
const BOOKKEEPING_BYTES_MAX: usize = 256 * 1024;
