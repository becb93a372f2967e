//! A connection whose protocol is not known: a bounded log of what was seen, and detection.

use super::{Chunk, DIRECTIONS, GiveUp, index};
use crate::{Counters, Found, Guess, Protocol, Side};
use nixie_types::{Direction, Role};

/// The first bytes of both directions, in order of arrival.
#[derive(Debug)]
pub(super) struct Undecided {
    mid_stream: bool,
    /// The connection's start, or the last start over.
    heads: [Vec<u8>; 2],
    /// Whether something is missing before the first byte of a head.
    gapped: [bool; 2],
    log: Vec<LogEntry>,
    bytes_seen: usize,
}

/// One chunk; its bytes are in the head of its direction.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogEntry {
    pub(super) direction: Direction,
    pub(super) time_ns: i64,
    pub(super) what: Logged,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Logged {
    Data(usize),
    Gap(u64),
}

#[derive(Debug)]
pub(super) enum Decision {
    GiveUp(GiveUp),
    Try {
        protocol: &'static Protocol,
        client: bool,
    },
    Wait,
}

impl Undecided {
    pub(super) const fn new(mid_stream: bool) -> Self {
        Self {
            mid_stream,
            heads: [Vec::new(), Vec::new()],
            gapped: [mid_stream; 2],
            log: Vec::new(),
            bytes_seen: 0,
        }
    }

    /// Takes everything, leaving nothing.
    pub(super) const fn take(&mut self) -> Self {
        let mid_stream = self.mid_stream;
        std::mem::replace(self, Self::new(mid_stream))
    }

    pub(super) const fn mid_stream(&self) -> bool {
        self.mid_stream
    }

    pub(super) fn head(&self, direction: Direction) -> &[u8] {
        &self.heads[index(direction)]
    }

    pub(super) fn log(&self) -> &[LogEntry] {
        &self.log
    }

    pub(super) fn retained_bytes(&self) -> usize {
        self.heads.iter().map(Vec::capacity).sum::<usize>()
            + self.log.capacity() * size_of::<LogEntry>()
    }

    /// Tells whether a direction begins with a message start of the protocol, as far as is known.
    pub(super) fn starts_clean(&self, direction: Direction, protocol: &Protocol) -> bool {
        let head = self.head(direction);
        !self.gapped[index(direction)] && (head.is_empty() || (protocol.detect)(head) != Guess::No)
    }

    /// Keeps a chunk, or as much of it as there is room for. Returns what is not kept.
    pub(super) fn push<'a>(
        &mut self,
        direction: Direction,
        time_ns: i64,
        chunk: Chunk<'a>,
        counters: &mut Counters,
    ) -> &'a [u8] {
        let data = match chunk {
            Chunk::Gap(bytes) => {
                self.record(direction, time_ns, Logged::Gap(bytes));
                return &[];
            }
            Chunk::Data(data) => data,
        };
        if self.mid_stream && self.is_full(direction) {
            self.start_over(counters);
        }
        let head = &mut self.heads[index(direction)];
        let (kept, rest) = data.split_at(data.len().min(HEAD_BYTES_MAX - head.len()));
        head.extend_from_slice(kept);
        if kept.is_empty() {
            self.bytes_seen += rest.len();
        } else {
            self.bytes_seen += kept.len();
            self.record(direction, time_ns, Logged::Data(kept.len()));
        }
        rest
    }

    /// Notes that the rest of a chunk was dropped.
    pub(super) fn skip(
        &mut self,
        direction: Direction,
        time_ns: i64,
        rest: &[u8],
        counters: &mut Counters,
    ) {
        if !rest.is_empty() {
            counters.bytes_undecided += rest.len() as u64;
            self.record(direction, time_ns, Logged::Gap(rest.len() as u64));
        }
    }

    /// Looks at what there is. A direction in which nothing is recognised does not contradict one
    /// in which something is: frames of both are demanded before rows come out.
    pub(super) fn decide(
        &self,
        protocols: &'static [&'static Protocol],
        excluded: Option<&'static Protocol>,
        role: Role,
    ) -> Decision {
        for head in &self.heads {
            if let Some(reason) = foreign(head) {
                return Decision::GiveUp(reason);
            }
        }
        for &protocol in protocols {
            if excluded.is_some_and(|other| std::ptr::eq(other, protocol)) {
                continue;
            }
            let [out, incoming] = DIRECTIONS.map(|direction| self.guess(direction, protocol));
            let client = match (out, incoming) {
                (Guess::Request, Guess::Request) | (Guess::Response, Guess::Response) => continue,
                (Guess::Request, _) | (_, Guess::Response) => true,
                (Guess::Response, _) | (_, Guess::Request) => false,
                _ => continue,
            };
            // What is found in the middle of something may be payload that only looks like it.
            let told = role != Role::Unknown && client != (role == Role::Client);
            if told && self.gapped != [false; 2] {
                continue;
            }
            return Decision::Try { protocol, client };
        }
        let max = if self.mid_stream {
            MID_STREAM_BYTES_MAX
        } else {
            FRESH_BYTES_MAX
        };
        if self.bytes_seen > max || self.log.len() >= LOG_ENTRIES_MAX {
            return Decision::GiveUp(GiveUp::Unrecognised);
        }
        Decision::Wait
    }

    fn guess(&self, direction: Direction, protocol: &Protocol) -> Guess {
        let head = self.head(direction);
        if head.is_empty() {
            return Guess::NeedMore;
        }
        if !self.gapped[index(direction)] {
            let guess = (protocol.detect)(head);
            if guess != Guess::No {
                return guess;
            }
        }
        // Something precedes the first message: the middle of another one, or a proxy's preamble.
        for (side, guess) in [
            (Side::Request, Guess::Request),
            (Side::Response, Guess::Response),
        ] {
            if let Found::At(_) = (protocol.resync)(side, head, 0) {
                return guess;
            }
        }
        Guess::No
    }

    fn record(&mut self, direction: Direction, time_ns: i64, what: Logged) {
        if matches!(what, Logged::Gap(_)) && self.heads[index(direction)].is_empty() {
            self.gapped[index(direction)] = true;
            self.mid_stream = true;
        }
        if let Some(last) = self.log.last_mut()
            && last.direction == direction
        {
            match (&mut last.what, what) {
                (Logged::Data(len), Logged::Data(more)) => {
                    *len += more;
                    last.time_ns = time_ns;
                    return;
                }
                (Logged::Gap(bytes), Logged::Gap(more)) => {
                    *bytes += more;
                    last.time_ns = time_ns;
                    return;
                }
                _ => {}
            }
        }
        self.log.push(LogEntry {
            direction,
            time_ns,
            what,
        });
    }

    /// In the middle of a stream every chunk may be the one that holds a message start.
    fn start_over(&mut self, counters: &mut Counters) {
        counters.bytes_undecided += self.heads.iter().map(|head| head.len() as u64).sum::<u64>();
        self.heads = [Vec::new(), Vec::new()];
        self.log.clear();
        self.gapped = [true; 2];
    }

    fn is_full(&self, direction: Direction) -> bool {
        self.heads[index(direction)].len() >= HEAD_BYTES_MAX
            || self.log.len() >= LOG_ENTRIES_MAX - 2
    }
}

/// Recognises what is certainly none of the protocols, so that it costs nothing further.
fn foreign(head: &[u8]) -> Option<GiveUp> {
    match head {
        // A TLS record: type, version 3.0 to 3.4, length up to 2^14 + 256.
        [0x14..=0x17, 3, 0..=4, high, ..] if *high <= 0x41 => Some(GiveUp::Tls),
        [b'S', b'S', b'H', b'-', b'1' | b'2', ..] => Some(GiveUp::Ssh),
        _ if head.starts_with(b"PRI * HTTP/2.0\r\n") => Some(GiveUp::Http2),
        _ => None,
    }
}

/// LIMIT: bytes kept of each direction while the protocol is not known.
const HEAD_BYTES_MAX: usize = 4096;

/// LIMIT: bytes seen after which a connection is given up; a start that is not recognised within
/// this many never is.
const FRESH_BYTES_MAX: usize = 4096;

/// LIMIT: the same for a connection joined in its middle, where a large body may have to pass.
const MID_STREAM_BYTES_MAX: usize = 256 * 1024;

/// LIMIT: changes of direction, and gaps, while the protocol is not known.
const LOG_ENTRIES_MAX: usize = 256;
