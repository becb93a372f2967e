//! Tells the protocol from other bytes, and finds message starts.

use crate::{Found, Guess, Side};

pub(super) fn detect(head: &[u8]) -> Guess {
    match head {
        [] | [b'Q' | b'A'] => Guess::NeedMore,
        [b'Q', b' ', ..] => Guess::Request,
        [b'A', b' ', ..] => Guess::Response,
        _ => Guess::No,
    }
}

/// A message starts behind a line end: the bytes right behind a gap may be the middle of one.
pub(super) fn resync(side: Side, bytes: &[u8], scanned: usize) -> Found {
    let start = match side {
        Side::Request => b"\nQ ",
        Side::Response => b"\nA ",
    };
    let from = scanned.saturating_sub(start.len());
    memchr::memmem::find(&bytes[from..], start).map_or_else(
        || Found::Nowhere {
            keep: bytes.len().min(start.len() - 1),
        },
        |at| Found::At(from + at + 1),
    )
}
