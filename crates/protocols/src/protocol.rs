//! What a protocol is: the contract between the stream driver and each protocol folder.
//!
//! A protocol gives four pure pieces: `detect`, `parse` with `resync`, stitching, and appending
//! rows. The driver (`stream`) owns buffers, gaps, limits and the decision which protocol it is.

use crate::{Counters, Limits};
use nixie_types::{ConnInfo, Role, Rows, TableSpec};
use std::sync::Arc;

/// One protocol, as the registry lists it.
#[derive(Debug)]
pub struct Protocol {
    /// Name in lower case: folder, table prefix, key in documentation.
    pub name: &'static str,
    /// What is understood, in one line.
    pub summary: &'static str,
    /// Number in the `protocol` columns; API, never renumbered.
    pub code: i64,
    /// Tells what the first bytes of a direction are.
    ///
    /// An answer other than [`Guess::NeedMore`] is final: more bytes do not change it.
    pub detect: fn(head: &[u8]) -> Guess,
    /// Finds the next message start of a side in bytes that begin anywhere.
    ///
    /// The first `scanned` bytes were given before, and nothing was found then. A start is found as
    /// soon as it shows, and is the same one however many bytes follow it; one that shows only when
    /// more than `keep` bytes are remembered is none.
    pub resync: fn(side: Side, bytes: &[u8], scanned: usize) -> Found,
    /// Returns the parser of one connection.
    pub parser: fn(limits: &Arc<Limits>, mid_stream: bool) -> Box<dyn Parser>,
    /// Tables that rows are written to.
    pub tables: &'static [&'static TableSpec],
}

/// Side of a conversation, whoever of the two is traced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Bytes that travel from client to server.
    Request,
    /// Bytes that travel from server to client.
    Response,
}

/// What the first bytes of a direction look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// Could still become this protocol.
    NeedMore,
    /// Not the start of a message of this protocol.
    No,
    /// The start of a request.
    Request,
    /// The start of a response.
    Response,
}

/// Result of searching a message start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// A message starts at this offset.
    At(usize),
    /// None starts here, but one may in the last `keep` bytes with what follows.
    Nowhere {
        /// Bytes to keep.
        keep: usize,
    },
}

/// Contiguous bytes of one side, from the first that the parser has not consumed.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The bytes; never empty.
    pub bytes: &'a [u8],
    /// How many of them the parser has seen when it last answered [`Parsed::NeedMore`].
    pub scanned: usize,
    /// Time of the chunk that holds the last of them.
    pub time_ns: i64,
}

/// Result of one parse step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A frame was recognised and ends, or goes on with its payload, after this many bytes.
    Frame(usize),
    /// The bytes contradict the protocol: why. The driver searches the next message start.
    Invalid(&'static str),
    /// The frame is not complete; call again with more.
    NeedMore,
    /// This many bytes belonged to the frame in progress, or to nothing. Never 0.
    Part(usize),
    /// From here on the connection speaks something else, or nothing of interest: what.
    Stop(&'static str),
}

/// The state of one connection in one protocol.
pub trait Parser: Send {
    /// Reads from the bytes of a side.
    ///
    /// What it answers to the first bytes of a frame, if not [`Parsed::NeedMore`], it answers to them
    /// with more behind: so a limit counts for what is complete as for what is not. Payload in parts
    /// leaves the same state as in one.
    fn parse(&mut self, side: Side, input: Input<'_>, counters: &mut Counters) -> Parsed;

    /// Tells that bytes passed unseen where the parser expects more; none are pending.
    ///
    /// Returns true when the message in progress covers them, so that parsing can go on right
    /// behind. Otherwise the parser has done what [`Parser::lost`] does.
    fn gap(&mut self, side: Side, bytes: u64, time_ns: i64, counters: &mut Counters) -> bool;

    /// Tells that the position in a side is lost: messages may be missing from here to the next
    /// start that `resync` finds. Told again when bytes of responses are skipped on the way there, once
    /// or more: the second time in a row changes nothing.
    fn lost(&mut self, side: Side, time_ns: i64, counters: &mut Counters);

    /// Tells that both directions have ended.
    fn close(&mut self, time_ns: i64, counters: &mut Counters);

    /// Lets time-outs happen.
    fn tick(&mut self, now_ns: i64, counters: &mut Counters);

    /// Writes the finished records as rows.
    fn drain(
        &mut self,
        conn: &ConnInfo,
        role: Role,
        out: &mut dyn RowSink,
        counters: &mut Counters,
    );

    /// Returns the bytes of memory that the parser holds.
    fn retained_bytes(&self) -> usize;
}

/// Where rows go.
pub trait RowSink {
    /// Returns the rows of a table.
    fn rows(&mut self, table: &'static TableSpec) -> &mut Rows;
}

/// Rows by table; a table appears with its first row.
#[derive(Debug, Default)]
pub struct TableRows {
    tables: Vec<Rows>,
}

impl TableRows {
    /// Returns the tables written to so far.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Rows> {
        self.tables.iter_mut()
    }
}

impl RowSink for TableRows {
    fn rows(&mut self, table: &'static TableSpec) -> &mut Rows {
        let at = self
            .tables
            .iter()
            .position(|rows| std::ptr::eq(rows.spec(), table));
        let at = at.unwrap_or_else(|| {
            self.tables.push(Rows::new(table));
            self.tables.len() - 1
        });
        &mut self.tables[at]
    }
}
