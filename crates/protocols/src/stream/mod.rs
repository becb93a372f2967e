//! The driver of one connection: finds the protocol, owns buffers and gaps, counts losses.
//!
//! ```text
//! Undecided ──a detector claims a direction──▶ Candidate ──frames both ways──▶ Settled
//!     ▲                                            │ contradictions               │
//!     └────────────── once ────────────────────────┤                             │ sync lost,
//!                                                  ▼                             ▼ upgraded
//!     TLS, SSH, HTTP/2, too many bytes ─────▶ GivenUp ◀───────────────────────────┘
//! ```
//!
//! A chunk is parsed in place; only the unfinished head at its end is copied. Rows come out
//! once the protocol is settled, so a wrong guess leaves none.

mod lane;
mod undecided;

use crate::{Counters, Limits, PROTOCOLS, Parser, Protocol, RowSink, Side};
use lane::{Feed, Judge, Lane, Taken, settles};
use nixie_types::{ConnInfo, Direction, Role};
use std::fmt;
use std::sync::Arc;
use undecided::{Decision, Logged, Search, Undecided};

/// Bytes of one direction, in order.
#[derive(Clone, Copy, Debug)]
pub enum Chunk<'a> {
    /// Bytes seen.
    Data(&'a [u8]),
    /// A number of bytes that are known to have passed unseen.
    Gap(u64),
}

/// What the collector should do with the connection's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No more bytes are needed; counting them is enough.
    GivenUp(GiveUp),
    /// The protocol is settled.
    Trace,
    /// Not known yet: go on.
    Undecided,
}

/// Why a connection is not looked at any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GiveUp {
    /// Speaks HTTP/2.
    Http2,
    /// The protocol that seemed to be spoken is contradicted by later bytes.
    Inconsistent,
    /// The protocol is known, but no message start was found for too long.
    LostSync,
    /// Speaks SSH.
    Ssh,
    /// The protocol's parser ended the conversation, for example `upgraded`.
    Stopped(&'static str),
    /// Speaks TLS; the bytes are of no use here.
    Tls,
    /// No known protocol within the byte limit.
    Unrecognised,
}

impl fmt::Display for GiveUp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http2 => "http/2",
            Self::Inconsistent => "inconsistent",
            Self::LostSync => "lost sync",
            Self::Ssh => "ssh",
            Self::Stopped(reason) => reason,
            Self::Tls => "tls",
            Self::Unrecognised => "unrecognised",
        })
    }
}

/// Everything that is known from the bytes of one connection.
pub struct ConnStream {
    limits: Arc<Limits>,
    protocols: &'static [&'static Protocol],
    /// The role as given, and as the protocol in use tells.
    given_role: Role,
    role: Role,
    state: State,
    undecided: Undecided,
    active: Option<Active>,
    excluded: Option<&'static Protocol>,
    lanes: [Lane; 2],
    /// Set once the protocol was settled: from then on rows may come out.
    trusted: bool,
    counters: Counters,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Undecided,
    Candidate,
    Settled,
    GivenUp(GiveUp),
}

/// The protocol in use and its parser; kept after giving up until its rows are drained.
struct Active {
    protocol: &'static Protocol,
    parser: Box<dyn Parser>,
}

impl ConnStream {
    /// Returns the stream of a connection that may speak any known protocol.
    ///
    /// `mid_stream` tells that the connection is older than its first bytes here.
    #[must_use]
    pub fn new(limits: Arc<Limits>, role: Role, mid_stream: bool) -> Self {
        Self::with_protocols(limits, role, mid_stream, PROTOCOLS)
    }

    /// Returns the stream of a connection that may speak some protocols only.
    #[must_use]
    pub fn with_protocols(
        limits: Arc<Limits>,
        role: Role,
        mid_stream: bool,
        protocols: &'static [&'static Protocol],
    ) -> Self {
        Self {
            limits,
            protocols,
            given_role: role,
            role,
            state: State::Undecided,
            undecided: Undecided::new(mid_stream),
            active: None,
            excluded: None,
            lanes: [Lane::default(), Lane::default()],
            trusted: false,
            counters: Counters::default(),
        }
    }

    /// Takes bytes of a direction, in order within it. The time is that of the system call's end.
    pub fn feed(&mut self, direction: Direction, time_ns: i64, chunk: Chunk<'_>) {
        match chunk {
            Chunk::Data([]) | Chunk::Gap(0) => return,
            Chunk::Data(data) => self.counters.bytes_seen += data.len() as u64,
            Chunk::Gap(bytes) => self.counters.gap_bytes += bytes,
        }
        match self.state {
            State::Undecided => self.feed_undecided(direction, time_ns, chunk),
            State::Candidate | State::Settled => self.feed_active(direction, time_ns, chunk),
            State::GivenUp(_) => {
                if let Chunk::Data(data) = chunk {
                    self.counters.bytes_given_up += data.len() as u64;
                }
            }
        }
    }

    /// Tells that both directions have ended.
    pub fn close(&mut self, time_ns: i64) {
        if let (State::Candidate | State::Settled, Some(active)) = (self.state, &mut self.active) {
            active.parser.close(time_ns, &mut self.counters);
            // One side of a short conversation is evidence enough when nothing contradicts it.
            let frames: u32 = self.lanes.iter().map(|lane| lane.frames).sum();
            let invalid: u32 = self.lanes.iter().map(|lane| lane.invalid).sum();
            if frames > 0 && invalid == 0 {
                self.settle();
            }
        }
    }

    /// Lets time-outs happen: unanswered requests, unfinished frames.
    pub fn tick(&mut self, now_ns: i64) {
        let (State::Candidate | State::Settled, Some(active)) = (self.state, &mut self.active)
        else {
            return;
        };
        for direction in DIRECTIONS {
            let side = side_of(self.role, direction);
            let lane = &mut self.lanes[index(direction)];
            if lane.is_stale(now_ns, self.limits.partial_ns_max) {
                self.counters.frames_stale += u64::from(lane.synced);
                lane.lose(active, side, now_ns, &mut self.counters);
            }
        }
        active.parser.tick(now_ns, &mut self.counters);
        self.judge();
    }

    /// Writes the finished records as rows of the protocol's tables.
    pub fn drain(&mut self, conn: &ConnInfo, out: &mut dyn RowSink) {
        if !self.trusted {
            return;
        }
        let role = self.role();
        if let Some(active) = &mut self.active {
            let role = if role == Role::Unknown {
                conn.role
            } else {
                role
            };
            active.parser.drain(conn, role, out, &mut self.counters);
            if matches!(self.state, State::GivenUp(_)) {
                self.active = None;
            }
        }
    }

    /// Returns the protocol, once it is settled.
    #[must_use]
    pub fn protocol(&self) -> Option<&'static Protocol> {
        self.active
            .as_ref()
            .filter(|_| self.trusted)
            .map(|active| active.protocol)
    }

    /// Tells what to do with the connection's further bytes.
    #[must_use]
    pub const fn verdict(&self) -> Verdict {
        match self.state {
            State::Undecided | State::Candidate => Verdict::Undecided,
            State::Settled => Verdict::Trace,
            State::GivenUp(reason) => Verdict::GivenUp(reason),
        }
    }

    /// Returns which side the traced process is: as given, unless the bytes tell otherwise.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Returns the bytes of memory held; at most [`Limits::retained_bytes_max`].
    #[must_use]
    pub fn retained_bytes(&self) -> usize {
        self.undecided.retained_bytes()
            + self.lanes.iter().map(Lane::retained_bytes).sum::<usize>()
            + self
                .active
                .as_ref()
                .map_or(0, |active| active.parser.retained_bytes())
    }

    /// Takes the counts since the last call.
    pub fn take_counters(&mut self) -> Counters {
        std::mem::take(&mut self.counters)
    }

    fn feed_undecided(&mut self, direction: Direction, time_ns: i64, chunk: Chunk<'_>) {
        let mut rest = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(bytes) => {
                if let Decision::GiveUp(reason) = self.undecided.gap(direction, time_ns, bytes) {
                    self.give_up(reason);
                }
                return;
            }
        };
        let search = Search {
            protocols: self.protocols,
            excluded: self.excluded,
            role: self.role,
        };
        while !rest.is_empty() {
            let (undecided, counters) = (&mut self.undecided, &mut self.counters);
            let (taken, decision) = undecided.data(direction, time_ns, rest, &search, counters);
            rest = &rest[taken..];
            match decision {
                Decision::Wait => {}
                Decision::GiveUp(reason) => {
                    self.counters.bytes_given_up += rest.len() as u64;
                    return self.give_up(reason);
                }
                Decision::Try { protocol, client } => {
                    self.start(protocol, client);
                    return self.replayed(direction, time_ns, Chunk::Data(rest));
                }
            }
        }
    }

    /// Starts to parse: what was kept until now first.
    fn start(&mut self, protocol: &'static Protocol, client: bool) {
        // The bytes tell best: a process that connects may well be the one that answers.
        self.role = if client { Role::Client } else { Role::Server };
        let undecided = self.undecided.take();
        for direction in DIRECTIONS {
            self.lanes[index(direction)] = Lane::new(undecided.starts_clean(direction, protocol));
        }
        let parser = (protocol.parser)(&self.limits, undecided.mid_stream());
        self.active = Some(Active { protocol, parser });
        self.state = State::Candidate;
        let mut at = [0, 0];
        for entry in undecided.log() {
            let chunk = match entry.what {
                Logged::Gap(bytes) => Chunk::Gap(bytes),
                Logged::Data(len) => {
                    let from = &mut at[index(entry.direction)];
                    let data = &undecided.head(entry.direction)[*from..*from + len];
                    *from += len;
                    Chunk::Data(data)
                }
            };
            self.replayed(entry.direction, entry.time_ns, chunk);
        }
    }

    /// Takes a chunk that was kept, or what is left of one. If a guess was taken back meanwhile it is
    /// looked at anew.
    fn replayed(&mut self, direction: Direction, time_ns: i64, chunk: Chunk<'_>) {
        match (self.state, chunk) {
            (_, Chunk::Data([])) => {}
            (State::Candidate | State::Settled, _) => self.feed_active(direction, time_ns, chunk),
            (State::Undecided, _) => self.feed_undecided(direction, time_ns, chunk),
            (State::GivenUp(_), Chunk::Data(data)) => {
                self.counters.bytes_given_up += data.len() as u64;
            }
            (State::GivenUp(_), Chunk::Gap(_)) => {}
        }
    }

    fn feed_active(&mut self, direction: Direction, time_ns: i64, chunk: Chunk<'_>) {
        let Some(active) = &mut self.active else {
            return;
        };
        let side = side_of(self.role, direction);
        let other_frames = self.lanes[1 - index(direction)].frames;
        let lane = &mut self.lanes[index(direction)];
        lane.last_ns = time_ns;
        let taken = match chunk {
            Chunk::Gap(bytes) => {
                lane.gap(active, side, bytes, time_ns, &mut self.counters);
                Taken::All
            }
            Chunk::Data(data) => {
                let mut feed = Feed {
                    active,
                    side,
                    time_ns,
                    buffer_bytes_max: self.limits.buffer_bytes_max,
                    judge: Judge {
                        settled: self.state == State::Settled,
                        other_frames,
                    },
                    counters: &mut self.counters,
                };
                let taken = lane.data(&mut feed, data);
                if feed.judge.settled && self.state != State::Settled {
                    self.settle();
                }
                taken
            }
        };
        match taken {
            Taken::All => self.judge(),
            Taken::Ended(reason) => {
                self.settle();
                self.give_up(GiveUp::Stopped(reason));
            }
            Taken::Contradicted(rest) => {
                self.judge();
                self.replayed(direction, time_ns, Chunk::Data(&rest));
            }
        }
    }

    /// Settles, takes back or gives up the protocol in use.
    fn judge(&mut self) {
        let [a, b] = &self.lanes;
        let settled = self.state == State::Settled;
        if a.contradicts(settled) || b.contradicts(settled) {
            if settled {
                self.give_up(GiveUp::LostSync);
            } else {
                self.revise();
            }
        } else if !settled && settles(a.frames, b.frames) {
            self.settle();
        }
    }

    const fn settle(&mut self) {
        self.state = State::Settled;
        self.trusted = true;
    }

    /// Takes a wrong guess back: once to look for another protocol, then for good.
    fn revise(&mut self) {
        self.counters.guesses_revised += 1;
        let Some(active) = self.active.take() else {
            return;
        };
        if self.excluded.is_some() {
            self.give_up(GiveUp::Inconsistent);
        } else {
            self.excluded = Some(active.protocol);
            self.role = self.given_role;
            self.undecided = Undecided::new(true);
            self.lanes = [Lane::default(), Lane::default()];
            self.state = State::Undecided;
        }
    }

    fn give_up(&mut self, reason: GiveUp) {
        self.state = State::GivenUp(reason);
        self.undecided = Undecided::new(true);
        self.lanes = [Lane::default(), Lane::default()];
        if !self.trusted {
            self.active = None;
        }
    }
}

impl fmt::Debug for ConnStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnStream")
            .field("protocol", &self.protocol().map(|protocol| protocol.name))
            .field("role", &self.role)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

const fn index(direction: Direction) -> usize {
    match direction {
        Direction::Egress => 0,
        Direction::Ingress => 1,
    }
}

const fn side_of(role: Role, direction: Direction) -> Side {
    match (role, direction) {
        (Role::Client, Direction::Egress) => Side::Request,
        (Role::Client, Direction::Ingress) => Side::Response,
        (_, Direction::Ingress) => Side::Request,
        (_, Direction::Egress) => Side::Response,
    }
}

const DIRECTIONS: [Direction; 2] = [Direction::Egress, Direction::Ingress];
