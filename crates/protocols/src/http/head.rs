//! Start lines and header fields: what they say about framing, and the columns made of them.

use super::detect::{METHOD_BYTES_MAX, is_token, status_line_start};
use super::encoding::Coding;
use super::headers::{self, Field};
use super::message::{CODINGS_MAX, Media, Message, Method};
use crate::Counters;
use memchr::{memchr, memrchr};

/// Result of reading a head.
#[derive(Debug)]
pub(super) enum Head {
    Done { consumed: usize, message: Message, length: Length },
    Invalid(&'static str),
    NeedMore,
}

/// What the head says about the length of the body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Length {
    Bytes(u64),
    Chunked,
    #[default]
    Unsaid,
    /// A transfer coding that ends with the connection.
    UntilClose,
}

/// Reads a request line and its headers.
pub(super) fn request(
    bytes: &[u8],
    scanned: usize,
    body_bytes_max: usize,
    fields: &mut Vec<Field>,
    counters: &mut Counters,
) -> Head {
    let Some(end) = find_end(bytes, scanned) else { return unfinished(bytes, true) };
    let head = &bytes[..end];
    let (line, next) = first_line(head);
    let Some((method, path, minor)) = request_line(line) else {
        return Head::Invalid("request line is not `METHOD TARGET HTTP/1.x`");
    };
    let mut message = Message::new(capacity(head, body_bytes_max), method, METHOD_BYTES_MAX);
    message.push_path(path, PATH_BYTES_MAX);
    message.minor = minor;
    message.method = match method {
        b"HEAD" => Method::Head,
        b"CONNECT" => Method::Connect,
        _ => Method::Other,
    };
    finish(head, next, message, fields, counters)
}

/// Reads a status line and its headers.
pub(super) fn response(
    bytes: &[u8],
    scanned: usize,
    body_bytes_max: usize,
    fields: &mut Vec<Field>,
    counters: &mut Counters,
) -> Head {
    let Some(end) = find_end(bytes, scanned) else { return unfinished(bytes, false) };
    let head = &bytes[..end];
    let (line, next) = first_line(head);
    let Some((status, reason, minor)) = status_line(line) else {
        return Head::Invalid("status line is not `HTTP/1.x CODE REASON`");
    };
    let mut message = Message::new(capacity(head, body_bytes_max), reason, REASON_BYTES_MAX);
    message.minor = minor;
    message.status = status;
    finish(head, next, message, fields, counters)
}

/// Returns the length of the head, with the blank line that ends it.
///
/// Lines end with LF; a CR before it is optional (RFC 9112 2.2).
fn find_end(bytes: &[u8], scanned: usize) -> Option<usize> {
    let mut at = scanned.saturating_sub(2);
    while let Some(offset) = memchr(b'\n', &bytes[at..]) {
        at += offset + 1;
        match &bytes[at..] {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
    None
}

/// Refuses early what cannot become a head, so that random bytes are not waited for.
fn unfinished(bytes: &[u8], request: bool) -> Head {
    let fits = if request {
        match bytes.iter().position(|&byte| !is_token(byte)) {
            None => bytes.len() <= METHOD_BYTES_MAX,
            Some(at) => at > 0 && at <= METHOD_BYTES_MAX && bytes[at] == b' ',
        }
    } else {
        status_line_start(bytes) != Some(false)
    };
    if !fits {
        return Head::Invalid("not a start line");
    }
    match memchr(b'\n', bytes) {
        Some(end) if request && request_line(trim_cr(&bytes[..end])).is_none() => {
            Head::Invalid("request line is not `METHOD TARGET HTTP/1.x`")
        }
        _ => Head::NeedMore,
    }
}

fn first_line(head: &[u8]) -> (&[u8], usize) {
    let end = memchr(b'\n', head).unwrap_or(head.len() - 1);
    (trim_cr(&head[..end]), end + 1)
}

fn trim_cr(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}

fn request_line(line: &[u8]) -> Option<(&[u8], &[u8], i64)> {
    let method_len = memchr(b' ', line)?;
    let target_end = memrchr(b' ', line)?;
    let method = &line[..method_len];
    let target = line.get(method_len + 1..target_end)?;
    let valid = (1..=METHOD_BYTES_MAX).contains(&method_len)
        && method.iter().all(|&byte| is_token(byte))
        && !target.is_empty()
        && target.iter().all(|&byte| byte > b' ' && byte != 0x7f);
    Some((method, target, version(&line[target_end + 1..])?)).filter(|_| valid)
}

fn status_line(line: &[u8]) -> Option<(i64, &[u8], i64)> {
    let (version_text, rest) = line.split_at_checked(8)?;
    let rest = rest.strip_prefix(b" ")?;
    let (code, reason) = rest.split_at_checked(3)?;
    let status = code.iter().try_fold(0, |code, &digit| {
        digit.is_ascii_digit().then(|| code * 10 + i64::from(digit - b'0'))
    })?;
    let reason = if reason.is_empty() { reason } else { reason.strip_prefix(b" ")? };
    Some((status, reason, version(version_text)?))
}

fn version(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"HTTP/1.")? {
        [digit @ b'0'..=b'9'] => Some(i64::from(digit - b'0')),
        _ => None,
    }
}

/// The text of a message is the head, a little longer as JSON, and what is kept of the body.
fn capacity(head: &[u8], body_bytes_max: usize) -> usize {
    head.len().min(HEAD_TEXT_GUESS) + head.len() / 8 + body_bytes_max.min(BODY_TEXT_GUESS)
}

fn finish(
    head: &[u8],
    from: usize,
    mut message: Message,
    fields: &mut Vec<Field>,
    counters: &mut Counters,
) -> Head {
    let mut facts = Facts::default();
    let left_out = match collect(head, from, fields, &mut facts) {
        Ok(left_out) => left_out,
        Err(reason) => return Head::Invalid(reason),
    };
    headers::write_json(message.text_mut(), head, fields, left_out, counters);
    message.end_head();
    message.media = facts.media;
    message.expects_continue = facts.expects_continue;
    message.closes = facts.closes.unwrap_or(message.minor == 0);
    let length = facts.length();
    message.codings = facts.codings();
    match length {
        Ok(length) => Head::Done { consumed: head.len(), message, length },
        Err(reason) => Head::Invalid(reason),
    }
}

/// Splits header lines into fields. Returns how many were over the limit.
fn collect(
    head: &[u8],
    from: usize,
    fields: &mut Vec<Field>,
    facts: &mut Facts,
) -> Result<usize, &'static str> {
    fields.clear();
    let mut left_out = 0;
    let mut open: Option<Field> = None;
    let mut at = from;
    while let Some(len) = memchr(b'\n', &head[at..]) {
        let line = trim_cr(&head[at..at + len]);
        if let [b' ' | b'\t', ..] = line {
            // A folded line goes on with the value before it (RFC 9112 5.2).
            let Some(field) = &mut open else { return Err("first header line is folded") };
            let content = line.trim_ascii_end();
            if content.iter().any(|byte| !byte.is_ascii_whitespace()) {
                field.value.1 = position(at + content.len());
            }
        } else {
            if let Some(field) = open.take() {
                facts.note(field.name(head), field.value(head));
                if fields.len() < HEADERS_MAX {
                    fields.push(field);
                } else {
                    left_out += 1;
                }
            }
            if line.is_empty() {
                break;
            }
            open = Some(split(line, at)?);
        }
        at += len + 1;
    }
    Ok(left_out)
}

fn split(line: &[u8], at: usize) -> Result<Field, &'static str> {
    let colon = memchr(b':', line).ok_or("header line without a colon")?;
    let name = line[..colon].trim_ascii_end();
    if name.is_empty() || name.iter().any(|&byte| byte <= b' ' || byte == 0x7f) {
        return Err("header name holds a space or a control character");
    }
    let value = &line[colon + 1..];
    let start = colon + 1 + (value.len() - value.trim_ascii_start().len());
    let end = colon + 1 + value.trim_ascii_end().len();
    Ok(Field {
        name: (position(at), position(at + name.len())),
        value: (position(at + start), position(at + end.max(start))),
    })
}

/// A position in a head. A head is bounded by the buffer of its direction or by one chunk.
#[allow(clippy::cast_possible_truncation, reason = "heads and chunks are under 4 GiB")]
const fn position(at: usize) -> u32 {
    at as u32
}

/// What the headers say that matters besides their text.
#[derive(Debug, Default)]
struct Facts {
    content_length: Option<u64>,
    invalid: Option<&'static str>,
    chunked: bool,
    transfer_coded: bool,
    content_codings: Codings,
    transfer_codings: Codings,
    media: Media,
    expects_continue: bool,
    /// Whether `Connection` says that the connection ends or stays.
    closes: Option<bool>,
}

impl Facts {
    fn note(&mut self, name: &[u8], value: &[u8]) {
        // Lengths first: most names need no comparison.
        match name.len() {
            6 if name.eq_ignore_ascii_case(b"expect") => {
                self.expects_continue = value.eq_ignore_ascii_case(b"100-continue");
            }
            10 if name.eq_ignore_ascii_case(b"connection") => {
                for token in tokens(value) {
                    if token.eq_ignore_ascii_case(b"close") {
                        self.closes = Some(true);
                    } else if token.eq_ignore_ascii_case(b"keep-alive") {
                        self.closes = Some(false);
                    }
                }
            }
            12 if name.eq_ignore_ascii_case(b"content-type") => self.media = media(value),
            14 if name.eq_ignore_ascii_case(b"content-length") => self.note_length(value),
            16 if name.eq_ignore_ascii_case(b"content-encoding") => {
                for token in tokens(value) {
                    self.content_codings.push(Coding::from_name(token));
                }
            }
            17 if name.eq_ignore_ascii_case(b"transfer-encoding") => self.note_transfer(value),
            _ => {}
        }
    }

    /// Equal repeated values are one value (RFC 9112 6.3); others make the end unknowable.
    fn note_length(&mut self, value: &[u8]) {
        for token in value.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
            match decimal(token) {
                Some(length) if self.content_length.is_none_or(|known| known == length) => {
                    self.content_length = Some(length);
                }
                Some(_) => self.invalid = Some("conflicting content lengths"),
                None => self.invalid = Some("content length is not a number"),
            }
        }
    }

    fn note_transfer(&mut self, value: &[u8]) {
        for token in tokens(value) {
            if token.eq_ignore_ascii_case(b"identity") {
                continue;
            }
            self.transfer_coded = true;
            self.chunked = token.eq_ignore_ascii_case(b"chunked");
            if !self.chunked {
                self.transfer_codings.push(Coding::from_name(token));
            }
        }
    }

    /// A transfer coding overrules a content length (RFC 9112 6.3).
    const fn length(&self) -> Result<Length, &'static str> {
        match (self.transfer_coded, self.chunked, self.invalid, self.content_length) {
            (true, true, ..) => Ok(Length::Chunked),
            (true, false, ..) => Ok(Length::UntilClose),
            (false, _, Some(reason), _) => Err(reason),
            (false, _, None, Some(bytes)) => Ok(Length::Bytes(bytes)),
            (false, _, None, None) => Ok(Length::Unsaid),
        }
    }

    fn codings(mut self) -> [Coding; CODINGS_MAX] {
        for &coding in &self.transfer_codings.list[..self.transfer_codings.len] {
            self.content_codings.push(coding);
        }
        self.content_codings.list
    }
}

/// Codings in the order in which they were applied.
#[derive(Debug, Default)]
struct Codings {
    list: [Coding; CODINGS_MAX],
    len: usize,
}

impl Codings {
    fn push(&mut self, coding: Coding) {
        if coding == Coding::Identity {
            return;
        }
        if let Some(slot) = self.list.get_mut(self.len) {
            *slot = coding;
            self.len += 1;
        } else {
            self.list[CODINGS_MAX - 1] = Coding::Unknown;
        }
    }
}

fn tokens(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value
        .split(|&byte| byte == b',')
        .map(|token| token.split(|&byte| byte == b';').next().unwrap_or(token).trim_ascii())
        .filter(|token| !token.is_empty())
}

fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u64, |number, &digit| {
        let digit = digit.is_ascii_digit().then(|| u64::from(digit - b'0'))?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

fn media(value: &[u8]) -> Media {
    let essence = value.split(|&byte| byte == b';').next().unwrap_or(value).trim_ascii();
    let essence = essence.to_ascii_lowercase();
    let has = |part: &[u8]| memchr::memmem::find(&essence, part).is_some();
    if essence.is_empty() {
        Media::Missing
    } else if has(b"json") {
        Media::Json
    } else if essence == b"application/x-www-form-urlencoded" {
        Media::Form
    } else if essence.starts_with(b"text/")
        || essence.ends_with(b"/xml")
        || essence.ends_with(b"+xml")
        || has(b"javascript")
        || has(b"ecmascript")
        || has(b"graphql")
        || has(b"yaml")
        || has(b"openmetrics-text")
    {
        Media::Text
    } else {
        Media::Other
    }
}

/// LIMIT: header fields of a message that are kept; the rest only counts.
const HEADERS_MAX: usize = 100;

/// LIMIT: bytes of a path with its query that are kept.
const PATH_BYTES_MAX: usize = 2048;

/// LIMIT: bytes of a reason phrase that are kept.
const REASON_BYTES_MAX: usize = 1024;

/// Memory set aside for the text of a head, and of a body, before their lengths are known.
const HEAD_TEXT_GUESS: usize = 12 * 1024;
const BODY_TEXT_GUESS: usize = 128;

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(text: &str) -> Head {
        let mut counters = Counters::default();
        let bytes = text.as_bytes();
        if text.starts_with("HTTP/") {
            response(bytes, 0, 64, &mut Vec::new(), &mut counters)
        } else {
            request(bytes, 0, 64, &mut Vec::new(), &mut counters)
        }
    }

    fn length_of(headers: &str) -> Result<Length, &'static str> {
        match head_of(&format!("HTTP/1.1 200 OK\r\n{headers}\r\n\r\n")) {
            Head::Done { length, .. } => Ok(length),
            Head::Invalid(reason) => Err(reason),
            Head::NeedMore => Err("need more"),
        }
    }

    #[test]
    fn lengths_follow_the_specification() {
        for (headers, length) in [
            ("A: b", Ok(Length::Unsaid)),
            ("content-length: 12", Ok(Length::Bytes(12))),
            ("Content-Length: 5, 5", Ok(Length::Bytes(5))),
            ("Content-Length: 5\r\nContent-Length: 6", Err("conflicting content lengths")),
            ("Content-Length: -1", Err("content length is not a number")),
            ("Content-Length: 99999999999999999999", Err("content length is not a number")),
            ("Content-Length: 5\r\nTransfer-Encoding: chunked", Ok(Length::Chunked)),
            ("Transfer-Encoding: gzip, chunked", Ok(Length::Chunked)),
            ("Transfer-Encoding:\r\n chunked", Ok(Length::Chunked)),
            ("Transfer-Encoding: gzip", Ok(Length::UntilClose)),
            ("Transfer-Encoding: identity", Ok(Length::Unsaid)),
            ("no colon", Err("header line without a colon")),
            (" folded: first", Err("first header line is folded")),
        ] {
            assert_eq!(length_of(headers), length, "{headers}");
        }
    }

    #[test]
    fn content_types_fall_into_families() {
        for (value, family) in [
            ("application/json; charset=utf-8", Media::Json),
            ("application/problem+json", Media::Json),
            ("application/x-ndjson", Media::Json),
            ("TEXT/html", Media::Text),
            ("image/svg+xml", Media::Text),
            ("application/vnd.openxmlformats-officedocument.wordprocessingml", Media::Other),
            ("application/x-www-form-urlencoded", Media::Form),
            ("application/octet-stream", Media::Other),
            ("", Media::Missing),
        ] {
            assert_eq!(media(value.as_bytes()), family, "{value}");
        }
    }

    #[test]
    fn what_cannot_become_a_head_is_refused_before_it_ends() {
        assert!(matches!(head_of("GET /half HTTP/1.1\r\nA:"), Head::NeedMore));
        assert!(matches!(head_of("GE"), Head::NeedMore));
        assert!(matches!(head_of("\u{1}\u{2}"), Head::Invalid(_)));
        assert!(matches!(head_of("GET /old\r\n"), Head::Invalid(_)));
        assert!(matches!(head_of("HTTP/1.x"), Head::Invalid(_)));
    }
}
