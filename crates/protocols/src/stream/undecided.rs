//! A connection whose protocol is not known: a bounded log of what was seen, and detection.

use super::{GiveUp, index, side_of};
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

/// What is looked for.
#[derive(Debug)]
pub(super) struct Search {
    pub(super) protocols: &'static [&'static Protocol],
    /// A protocol that was contradicted.
    pub(super) excluded: Option<&'static Protocol>,
    /// Role of the traced process, as far as is known.
    pub(super) role: Role,
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

    /// Notes a gap.
    pub(super) fn gap(&mut self, direction: Direction, time_ns: i64, bytes: u64) -> Decision {
        self.record(direction, time_ns, Logged::Gap(bytes));
        self.limit(self.bytes_seen, self.log.len())
    }

    /// Takes bytes as far as the first that decides, so that the decision is the same however they
    /// were cut. Returns how many were taken; none only when it gives up.
    pub(super) fn data(
        &mut self,
        direction: Direction,
        time_ns: i64,
        data: &[u8],
        search: &Search,
        counters: &mut Counters,
    ) -> (usize, Decision) {
        if self.mid_stream && self.is_full(direction) {
            self.start_over(counters);
        }
        let head = &mut self.heads[index(direction)];
        let before = head.len();
        let kept = data.len().min(HEAD_BYTES_MAX - before);
        if kept == 0 {
            return (0, Decision::GiveUp(GiveUp::Unrecognised));
        }
        head.extend_from_slice(&data[..kept]);
        let mut taken = kept;
        let mut decision = self.decide(direction, before, taken, search);
        if !matches!(decision, Decision::Wait) {
            // What decides goes on to decide when more bytes follow: the first byte is in between.
            let mut undecided = 0;
            while undecided + 1 < taken {
                let middle = usize::midpoint(undecided, taken);
                match self.decide(direction, before, middle, search) {
                    Decision::Wait => undecided = middle,
                    earlier => (taken, decision) = (middle, earlier),
                }
            }
        }
        self.heads[index(direction)].truncate(before + taken);
        self.bytes_seen += taken;
        self.record(direction, time_ns, Logged::Data(taken));
        (taken, decision)
    }

    /// Looks at a head as if its first bytes, and no more than `added` of a chunk, were there. The
    /// other head did not decide when it came. A direction in which nothing is recognised does not
    /// contradict one in which something is: frames of both are demanded before rows come out.
    fn decide(
        &self,
        direction: Direction,
        before: usize,
        added: usize,
        search: &Search,
    ) -> Decision {
        let head = &self.heads[index(direction)][..before + added];
        if let Some(reason) = foreign(head) {
            return Decision::GiveUp(reason);
        }
        for &protocol in search.protocols {
            if search
                .excluded
                .is_some_and(|other| std::ptr::eq(other, protocol))
            {
                continue;
            }
            if let Some(side) = self.claimed(direction, head, protocol, search.role) {
                let client = (side == Side::Request) == (direction == Direction::Egress);
                return Decision::Try { protocol, client };
            }
        }
        let log_entries = self.log.len() + usize::from(!self.continues(direction));
        self.limit(self.bytes_seen + added, log_entries)
    }

    fn limit(&self, bytes_seen: usize, log_entries: usize) -> Decision {
        let max = if self.mid_stream {
            MID_STREAM_BYTES_MAX
        } else {
            FRESH_BYTES_MAX
        };
        if bytes_seen > max || log_entries >= LOG_ENTRIES_MAX {
            return Decision::GiveUp(GiveUp::Unrecognised);
        }
        Decision::Wait
    }

    /// Returns the side whose message starts in the head, if the protocol knows one.
    fn claimed(
        &self,
        direction: Direction,
        head: &[u8],
        protocol: &Protocol,
        role: Role,
    ) -> Option<Side> {
        // What is found in the middle of something may be payload that only looks like a message
        // of the other side.
        let told =
            (role != Role::Unknown && self.gapped != [false; 2]).then(|| side_of(role, direction));
        let fits = |side: Side| told.is_none_or(|told| told == side);
        if !self.gapped[index(direction)] {
            match (protocol.detect)(head) {
                Guess::NeedMore => return None,
                Guess::Request if fits(Side::Request) => return Some(Side::Request),
                Guess::Response if fits(Side::Response) => return Some(Side::Response),
                _ => {}
            }
        }
        // Something precedes the first message: the middle of another one, or a proxy's preamble.
        [Side::Request, Side::Response]
            .into_iter()
            .filter(|&side| fits(side))
            .find(|&side| matches!((protocol.resync)(side, head, 0), Found::At(_)))
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

    /// Tells whether more bytes of this direction need room that is not there.
    fn is_full(&self, direction: Direction) -> bool {
        self.heads[index(direction)].len() >= HEAD_BYTES_MAX
            || self.log.len() >= LOG_ENTRIES_MAX - 2 && !self.continues(direction)
    }

    /// Tells whether bytes of this direction go on with the last entry of the log.
    fn continues(&self, direction: Direction) -> bool {
        self.log
            .last()
            .is_some_and(|last| last.direction == direction && matches!(last.what, Logged::Data(_)))
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
