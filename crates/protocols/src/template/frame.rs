//! One line.

use memchr::memchr;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'a> {
    Done { text: &'a [u8], consumed: usize },
    Invalid(&'static str),
    NeedMore,
}

/// Reads a line that starts with `tag` and a space.
pub(super) fn parse(bytes: &[u8], scanned: usize, tag: u8) -> Line<'_> {
    let fits = bytes[0] == tag && matches!(bytes.get(1), None | Some(b' '));
    match memchr(b'\n', &bytes[scanned..]) {
        _ if !fits => Line::Invalid("line starts with another tag"),
        Some(at) if scanned + at < 2 => Line::Invalid("line is too short"),
        Some(at) => Line::Done {
            text: &bytes[2..scanned + at],
            consumed: scanned + at + 1,
        },
        None => Line::NeedMore,
    }
}
