//! Tells HTTP/1 from other bytes, and finds message starts.
//!
//! ```text
//! request line    METHOD SP target SP "HTTP/1." DIGIT [CR] LF
//! status line     "HTTP/1." DIGIT SP 3DIGIT [SP reason] [CR] LF
//! ```

use crate::{Found, Guess, Side};
use memchr::{memchr, memmem, memrchr};

/// Tells what the first bytes of a direction are.
pub(super) fn detect(head: &[u8]) -> Guess {
    let blank = head.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    if blank > BLANK_BYTES_MAX {
        return Guess::No;
    }
    let head = &head[blank..];
    match status_line_start(head) {
        Some(true) => return Guess::Response,
        None => return Guess::NeedMore,
        Some(false) => {}
    }
    let method_len = head.iter().take_while(|&&byte| is_token(byte)).count();
    if method_len > METHOD_BYTES_MAX {
        return Guess::No;
    }
    if method_len == head.len() {
        return Guess::NeedMore;
    }
    if method_len == 0 || head[method_len] != b' ' {
        return Guess::No;
    }
    let line = &head[..head.len().min(LINE_BYTES_MAX)];
    match memchr(b'\n', line) {
        Some(end) if is_request_line(&line[..end]) => Guess::Request,
        Some(_) => Guess::No,
        None if line.len() < LINE_BYTES_MAX => Guess::NeedMore,
        // A path may be longer than what is looked at; a known method before it is enough.
        None if METHODS.contains(&&line[..method_len])
            && matches!(line.get(method_len + 1), Some(b'/' | b'h')) =>
        {
            Guess::Request
        }
        None => Guess::No,
    }
}

/// Finds the next message start of a side.
pub(super) fn resync(side: Side, bytes: &[u8], scanned: usize) -> Found {
    let mut from = scanned.saturating_sub(UNDECIDED_BYTES_MAX);
    while let Some(offset) = memmem::find(&bytes[from..], VERSION) {
        let at = from + offset;
        let found = match side {
            Side::Request => request_start(bytes, at),
            Side::Response => match status_line_start(&bytes[at..]) {
                None => return Found::Nowhere { keep: bytes.len() - at },
                Some(true) => Some(at),
                Some(false) => None,
            },
        };
        if let Some(start) = found {
            return Found::At(start);
        }
        from = at + 1;
    }
    let keep = match side {
        // The line in progress may be a request line.
        Side::Request => {
            let line = memrchr(b'\n', bytes).map_or(bytes.len(), |at| bytes.len() - at);
            line.min(LINE_BYTES_MAX)
        }
        Side::Response => {
            (1..VERSION.len()).rev().find(|&len| bytes.ends_with(&VERSION[..len])).unwrap_or(0)
        }
    };
    Found::Nowhere { keep }
}

/// Returns where the request line starts whose version is at `version_at`, if it is one.
fn request_start(bytes: &[u8], version_at: usize) -> Option<usize> {
    let after = &bytes[version_at + VERSION.len()..];
    // An unfinished line is found again when more bytes are there: it stays in the tail kept.
    let ([b'0'..=b'9', b'\n', ..] | [b'0'..=b'9', b'\r', b'\n', ..]) = after else { return None };
    // What is further back may not be there any more when the bytes come one by one.
    let oldest = (version_at + VERSION.len()).saturating_sub(LOOK_BACK_BYTES_MAX);
    let line_at = memrchr(b'\n', &bytes[oldest..version_at]).map_or(oldest, |at| oldest + at + 1);
    let line = bytes[line_at..version_at].strip_suffix(b" ")?;
    let space = memrchr(b' ', line)?;
    if space + 1 == line.len() || line[space + 1..].iter().any(|&byte| byte < b'!') {
        return None;
    }
    let before = &line[..space];
    let token_len = before.iter().rev().take_while(|&&byte| is_token(byte)).count();
    let token = &before[before.len() - token_len..];
    // Behind a gap, or behind a body without a line end, only a known method shows its start.
    let known = METHODS.iter().filter(|method| token.ends_with(method)).map(|method| method.len());
    if let Some(len) = known.max() {
        return Some(line_at + space - len);
    }
    let whole_line = line_at > oldest && token_len == before.len();
    (whole_line && (1..=METHOD_BYTES_MAX).contains(&token_len)).then_some(line_at)
}

/// Tells whether bytes start with a status line; `None` when there are too few of them.
pub(super) fn status_line_start(bytes: &[u8]) -> Option<bool> {
    const PATTERN: &[u8; 12] = b"HTTP/1.d ddd";
    for (&byte, &pattern) in bytes.iter().zip(PATTERN) {
        let fits = if pattern == b'd' { byte.is_ascii_digit() } else { byte == pattern };
        if !fits {
            return Some(false);
        }
    }
    match bytes.get(PATTERN.len()) {
        None => None,
        Some(b' ' | b'\r' | b'\n') => Some(true),
        Some(_) => Some(false),
    }
}

/// Tells whether bytes start with a request line of a known method; `None` when the line is not
/// complete and could be one.
pub(super) fn request_line_start(bytes: &[u8]) -> Option<bool> {
    let could = METHODS.iter().any(|method| {
        let len = method.len().min(bytes.len());
        bytes[..len] == method[..len] && matches!(bytes.get(method.len()), None | Some(b' '))
    });
    if !could {
        return Some(false);
    }
    let line = &bytes[..bytes.len().min(LINE_BYTES_MAX)];
    match memchr(b'\n', line) {
        Some(end) => Some(is_request_line(&line[..end])),
        None if line.len() == LINE_BYTES_MAX => Some(false),
        None => None,
    }
}

/// Tells whether a line, without its LF, ends like a request line.
fn is_request_line(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let Some((digit, rest)) = line.split_last() else { return false };
    digit.is_ascii_digit() && rest.strip_suffix(VERSION).is_some_and(|rest| rest.ends_with(b" "))
}

/// Tells whether a byte may be part of a method or a header name (RFC 9110 5.6.2).
pub(super) const fn is_token(byte: u8) -> bool {
    matches!(byte,
        b'!' | b'#' | b'$' | b'%' | b'&' | b'\'' | b'*' | b'+' | b'-' | b'.' | b'^' | b'_'
        | b'`' | b'|' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z')
}

const VERSION: &[u8] = b"HTTP/1.";

/// What was looked at may end in a start that was not complete: a version and what follows it.
const UNDECIDED_BYTES_MAX: usize = 16;

/// LIMIT: blank lines that may precede a message, in bytes.
pub(super) const BLANK_BYTES_MAX: usize = 16;

/// LIMIT: a method is one word.
pub(super) const METHOD_BYTES_MAX: usize = 64;

/// LIMIT: part of a line that is kept while searching a request line in it.
const LINE_BYTES_MAX: usize = 4096;

/// LIMIT: how far before the end of its version a request line is searched; with that end, less than
/// what is kept.
const LOOK_BACK_BYTES_MAX: usize = LINE_BYTES_MAX - 4;

/// Methods by which a request start is recognised anywhere; at a known start any token will do.
const METHODS: &[&[u8]] = &[
    b"ACL", b"BASELINE-CONTROL", b"BIND", b"CHECKIN", b"CHECKOUT", b"CONNECT", b"COPY",
    b"DELETE", b"GET", b"HEAD", b"LABEL", b"LINK", b"LOCK", b"MERGE", b"MKACTIVITY",
    b"MKCALENDAR", b"MKCOL", b"MKWORKSPACE", b"MOVE", b"OPTIONS", b"ORDERPATCH", b"PATCH",
    b"POST", b"PROPFIND", b"PROPPATCH", b"PURGE", b"PUT", b"QUERY", b"REBIND", b"REPORT",
    b"SEARCH", b"TRACE", b"UNBIND", b"UNCHECKOUT", b"UNLINK", b"UNLOCK", b"UPDATE",
    b"UPDATEREDIRECTREF", b"VERSION-CONTROL",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_responses_are_told_apart_from_other_text() {
        for (head, guess) in [
            (&b"GET / HTTP/1.1\r\n"[..], Guess::Request),
            (b"\r\nGET / HTTP/1.0\n", Guess::Request),
            (b"BREW /pot HTTP/1.1\r\n", Guess::Request),
            (b"GET /half", Guess::NeedMore),
            (b"BREW /half", Guess::NeedMore),
            (b"G", Guess::NeedMore),
            (b"HTTP/1", Guess::NeedMore),
            (b"HTTP/1.1 200 OK", Guess::Response),
            (b"HTTP/1.1 2000 OK", Guess::No),
            (b"GET /old\r\n", Guess::No),
            (b"get key\r\n", Guess::No),
            (b"PRI * HTTP/2.0\r\n", Guess::No),
            (b"OPTIONS * RTSP/1.0\r\n", Guess::No),
            (b"*1\r\n$4\r\nPING\r\n", Guess::No),
            (b"\x00\x00", Guess::No),
        ] {
            assert_eq!(detect(head), guess, "{}", head.escape_ascii());
        }
    }

    #[test]
    fn a_request_start_is_found_behind_the_rest_of_another_message() {
        for (bytes, found) in [
            (&b"GET / HTTP/1.1\r\n"[..], Found::At(0)),
            (b"{\"a\":1}POST /x HTTP/1.1\r\n", Found::At(7)),
            (b"fooPUT /x HTTP/1.1\r\n", Found::At(3)),
            (b"rest\nBREW /x HTTP/1.1\r\n", Found::At(5)),
            (b"T /x HTTP/1.1\r\n\r\nGET /y HTTP/1.1\r\n", Found::At(17)),
            (b"log: \"GET / HTTP/1.1\" 200\n", Found::Nowhere { keep: 1 }),
            (b"ab\nGET / HTT", Found::Nowhere { keep: 10 }),
        ] {
            assert_eq!(resync(Side::Request, bytes, 0), found, "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn a_response_start_is_found_anywhere() {
        for (bytes, found) in [
            (&b"x</html>HTTP/1.1 200 OK\r\n"[..], Found::At(8)),
            (b"HTTP/1.1 ok HTTP/1.0 404 ", Found::At(12)),
            (b"body HTTP/1.1 20", Found::Nowhere { keep: 11 }),
            (b"body body HT", Found::Nowhere { keep: 2 }),
            (b"body", Found::Nowhere { keep: 0 }),
        ] {
            assert_eq!(resync(Side::Response, bytes, 0), found, "{}", bytes.escape_ascii());
        }
    }
}
