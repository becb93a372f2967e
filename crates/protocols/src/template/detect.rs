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
/// Only what may become a start is kept.
pub(super) fn resync(side: Side, bytes: &[u8], scanned: usize) -> Found {
    let start = match side {
        Side::Request => b"\nQ ",
        Side::Response => b"\nA ",
    };
    let from = scanned.saturating_sub(start.len());
    if let Some(at) = memchr::memmem::find(&bytes[from..], start) {
        return Found::At(from + at);
    }
    let keep = (1..start.len())
        .rev()
        .find(|&len| bytes.ends_with(&start[..len]));
    Found::Nowhere {
        keep: keep.unwrap_or(0),
    }
}
