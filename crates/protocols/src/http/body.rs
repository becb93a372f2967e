//! The body of a message: how much is left of it, in bytes seen and in gaps.
//!
//! ```text
//! chunked   SIZE-IN-HEX [;extensions] CRLF  data CRLF  …  0 CRLF  [trailers CRLF]  CRLF
//! ```

use super::detect::status_line_start;
use super::message::Message;
use crate::Input;
use memchr::memchr;

/// Where in a body the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Chunked(Chunked),
    /// Bytes left; never 0.
    Length(u64),
    /// The request is not known, and may have been `HEAD`: a body follows unless the next bytes
    /// are another response.
    Doubtful(Doubtful),
    UntilClose,
}

/// Where in a chunked body the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunked {
    /// In the data of a chunk; bytes left, never 0.
    Data(u64),
    /// At the line end behind the data.
    DataEnd,
    /// At the LF of that line end.
    DataEndLf,
    /// At a line with a chunk's size.
    Size,
    /// At a trailer line; bytes of trailers so far.
    Trailer(usize),
}

/// The body that follows if one does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubtful {
    Chunked,
    Length(u64),
    UntilClose,
}

/// Result of reading from a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The message ends after this many bytes.
    End(usize),
    Invalid(&'static str),
    NeedMore,
    /// This many bytes are done with; never 0.
    Part(usize),
}

/// What a gap does to a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gapped {
    /// The gap ends where the message does.
    Ends,
    /// The gap ends inside the body, at a known place.
    Inside,
    /// Where the gap ends is not known.
    Lost,
}

impl Body {
    /// Reads as far as the bytes go.
    pub(super) fn read(&mut self, input: Input<'_>, message: &mut Message, max: usize) -> Step {
        let bytes = input.bytes;
        if let Self::Doubtful(doubtful) = *self {
            match status_line_start(bytes) {
                None => return Step::NeedMore,
                Some(true) => return Step::End(0),
                Some(false) => *self = doubtful.body(),
            }
        }
        match self {
            Self::Length(left) => {
                let taken = clamp(*left, bytes.len());
                message.push_body(&bytes[..taken], max);
                *left -= taken as u64;
                if *left == 0 { Step::End(taken) } else { Step::Part(taken) }
            }
            Self::Chunked(chunked) => chunked.read_all(input, message, max),
            Self::UntilClose | Self::Doubtful(_) => {
                message.push_body(bytes, max);
                Step::Part(bytes.len())
            }
        }
    }

    /// Tells whether no byte of an announced body has come.
    pub(super) const fn is_ahead(&self, message: &Message) -> bool {
        message.body_bytes == 0 && matches!(self, Self::Length(_) | Self::Chunked(Chunked::Size))
    }

    /// Takes a gap.
    pub(super) fn gap(&mut self, gap: u64, message: &mut Message) -> Gapped {
        match *self {
            // All of an announced body, or a large part, as when a file is sent in the kernel.
            Self::Doubtful(Doubtful::Length(left))
                if gap == left || (gap < left && gap >= BODY_GAP_BYTES_MIN) =>
            {
                *self = Self::Length(left);
            }
            // The body may not be there: the gap may hide another message.
            Self::Doubtful(_) => {
                message.skip_body(gap);
                return Gapped::Lost;
            }
            _ => {}
        }
        match self {
            Self::Length(left) => {
                message.skip_body(gap.min(*left));
                if gap > *left {
                    return Gapped::Lost;
                }
                *left -= gap;
                if *left == 0 { Gapped::Ends } else { Gapped::Inside }
            }
            Self::Chunked(chunked) => chunked.gap(gap, message),
            Self::UntilClose | Self::Doubtful(_) => {
                message.skip_body(gap);
                Gapped::Inside
            }
        }
    }
}

impl Doubtful {
    const fn body(self) -> Body {
        match self {
            Self::Chunked => Body::Chunked(Chunked::Size),
            Self::Length(left) => Body::Length(left),
            Self::UntilClose => Body::UntilClose,
        }
    }
}

impl Chunked {
    fn read_all(&mut self, input: Input<'_>, message: &mut Message, max: usize) -> Step {
        let mut at = 0;
        while at < input.bytes.len() {
            let scanned = if at == 0 { input.scanned } else { 0 };
            match self.read(&input.bytes[at..], scanned, message, max) {
                Step::Part(taken) => at += taken,
                Step::End(taken) => return Step::End(at + taken),
                // What came before is done with; this is found again.
                Step::NeedMore | Step::Invalid(_) if at > 0 => break,
                step => return step,
            }
        }
        Step::Part(at)
    }

    fn read(&mut self, bytes: &[u8], scanned: usize, message: &mut Message, max: usize) -> Step {
        match *self {
            Self::Data(left) => {
                let taken = clamp(left, bytes.len());
                message.push_body(&bytes[..taken], max);
                let left = left - taken as u64;
                *self = if left == 0 { Self::DataEnd } else { Self::Data(left) };
                Step::Part(taken)
            }
            Self::DataEnd => match bytes[0] {
                b'\r' => self.then(Self::DataEndLf, 1),
                b'\n' => self.then(Self::Size, 1),
                _ => Step::Invalid("chunk is longer than its size says"),
            },
            Self::DataEndLf => match bytes[0] {
                b'\n' => self.then(Self::Size, 1),
                _ => Step::Invalid("chunk is longer than its size says"),
            },
            Self::Size => {
                let end = match line_end(bytes, scanned, CHUNK_LINE_BYTES_MAX) {
                    Ok(end) => end,
                    Err(step) => return step,
                };
                match chunk_size(&bytes[..end]) {
                    None => Step::Invalid("chunk size is not a hexadecimal number"),
                    Some(0) => self.then(Self::Trailer(0), end + 1),
                    Some(size) => self.then(Self::Data(size), end + 1),
                }
            }
            Self::Trailer(so_far) => {
                let end = match line_end(bytes, scanned, TRAILER_BYTES_MAX - so_far) {
                    Ok(end) => end,
                    Err(step) => return step,
                };
                let total = so_far + end + 1;
                match &bytes[..end] {
                    [] | b"\r" => Step::End(end + 1),
                    _ if total > TRAILER_BYTES_MAX => Step::Invalid("trailers are too long"),
                    line if memchr(b':', line).is_none() => Step::Invalid("not a trailer line"),
                    _ => self.then(Self::Trailer(total), end + 1),
                }
            }
        }
    }

    /// Takes a gap. Only inside a chunk, whose size is known, is its end known.
    fn gap(&mut self, gap: u64, message: &mut Message) -> Gapped {
        match *self {
            Self::Data(left) => {
                message.skip_body(gap.min(left));
                match gap.checked_sub(left) {
                    None => *self = Self::Data(left - gap),
                    Some(0) => *self = Self::DataEnd,
                    Some(1) => *self = Self::DataEndLf,
                    Some(CRLF_BYTES) => *self = Self::Size,
                    // The line end and the end of the body: what a server that writes its answer
                    // in one call leaves out. If it was not that, the next bytes contradict.
                    Some(LAST_CHUNK_BYTES) => return Gapped::Ends,
                    Some(_) => return Gapped::Lost,
                }
                Gapped::Inside
            }
            Self::DataEnd if gap == CRLF_BYTES => {
                *self = Self::Size;
                Gapped::Inside
            }
            Self::DataEnd if gap == LAST_CHUNK_BYTES => Gapped::Ends,
            Self::DataEnd | Self::DataEndLf | Self::Size | Self::Trailer(_) => {
                message.skip_body(0);
                Gapped::Lost
            }
        }
    }

    const fn then(&mut self, next: Self, consumed: usize) -> Step {
        *self = next;
        Step::Part(consumed)
    }
}

/// Returns where the line ends, which is at most `max` bytes long without its LF.
fn line_end(bytes: &[u8], scanned: usize, max: usize) -> Result<usize, Step> {
    let end = memchr(b'\n', &bytes[scanned..]).map(|offset| scanned + offset);
    match end {
        _ if end.unwrap_or(bytes.len()) > max => {
            Err(Step::Invalid("line in a chunked body is too long"))
        }
        Some(end) => Ok(end),
        None => Err(Step::NeedMore),
    }
}

fn chunk_size(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let size = line.split(|&byte| byte == b';').next().unwrap_or(line).trim_ascii();
    if size.is_empty() || size.len() > CHUNK_SIZE_DIGITS_MAX {
        return None;
    }
    size.iter().try_fold(0u64, |number, &digit| {
        let digit = char::from(digit).to_digit(16)?;
        Some(number * 16 + u64::from(digit))
    })
}

/// Returns the smaller of the two.
fn clamp(left: u64, available: usize) -> usize {
    usize::try_from(left).map_or(available, |left| left.min(available))
}

const CRLF_BYTES: u64 = 2;

/// A gap behind the head of a response to an unknown request that is taken for its body: heads are
/// mostly smaller.
const BODY_GAP_BYTES_MIN: u64 = 1024;

/// Bytes of `CRLF 0 CRLF CRLF`.
const LAST_CHUNK_BYTES: u64 = 7;

/// LIMIT: 2^60 bytes are no chunk.
const CHUNK_SIZE_DIGITS_MAX: usize = 15;

/// LIMIT: a chunk's size with its extensions.
const CHUNK_LINE_BYTES_MAX: usize = 4096;

/// LIMIT: all trailers of a message.
const TRAILER_BYTES_MAX: usize = 8192;
