//! The text format of vectors.
//!
//! ```text
//! # A comment.
//! role: server              what the socket calls told: client, server or unknown
//! traced: server            the traced end, when `role` is unknown (default: server)
//! mid-stream                joined after the connection started
//! foreign                   no detector may claim the first bytes
//! > "GET / HTTP/1.1\r\n"    bytes from client to server; escapes as in Rust byte strings
//! >+ "\r\n"                 more of the same chunk
//! < "x" * 1000              a repeated piece
//! ! < gap 120               bytes that passed unseen
//! @ 1.5ms                   time passes (ns, us, ms, s), then time-outs are looked at
//! close                     both directions end
//! ```

use crate::{Chunk, ConnStream, Counters, Limits, Protocol, TableRows, Verdict};
use crate::{Side, testkit};
use nixie_types::{Direction, Role};
use std::path::Path;
use std::sync::Arc;

/// A recorded or invented conversation.
#[derive(Clone, Debug)]
pub struct Wire {
    /// File name without extension.
    pub name: String,
    /// Role given to the stream.
    pub role: Role,
    /// The traced end.
    pub traced: Role,
    /// Whether the stream is told that it joins in the middle.
    pub mid_stream: bool,
    /// Whether no detector may claim it.
    pub foreign: bool,
    /// What happens.
    pub steps: Vec<Step>,
}

/// One thing that happens on a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Both directions end.
    Close,
    /// Bytes travel.
    Data(Side, Vec<u8>),
    /// Bytes travel unseen.
    Gap(Side, u64),
    /// Nanoseconds pass.
    Wait(i64),
}

/// What came out of a conversation.
#[derive(Debug)]
pub struct Outcome {
    /// The rows.
    pub rows: TableRows,
    /// The verdict at the end.
    pub verdict: Verdict,
    /// The role at the end.
    pub role: Role,
    /// Everything counted.
    pub counters: Counters,
    /// The most memory held after any step.
    pub retained_bytes_max: usize,
}

/// Start of time in all tests.
pub const START_NS: i64 = 1_700_000_000_000_000_000;

impl Wire {
    /// Reads a vector from its file.
    ///
    /// # Panics
    ///
    /// When the file cannot be read or a line is not understood.
    #[must_use]
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path)
            .unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()));
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        Self::parse(&name, &text).unwrap_or_else(|error| panic!("`{}`: {error}", path.display()))
    }

    /// Reads a vector from text.
    ///
    /// # Errors
    ///
    /// The first line that is not understood.
    pub fn parse(name: &str, text: &str) -> Result<Self, String> {
        let mut wire = Self {
            name: name.to_owned(),
            role: Role::Server,
            traced: Role::Server,
            mid_stream: false,
            foreign: false,
            steps: Vec::new(),
        };
        for (index, line) in text.lines().enumerate() {
            wire.line(line.trim())
                .map_err(|error| format!("line {}: {error}", index + 1))?;
        }
        if wire.role != Role::Unknown {
            wire.traced = wire.role;
        }
        Ok(wire)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "" => {}
            _ if word.starts_with('#') => {}
            ">" => self.steps.push(Step::Data(Side::Request, bytes(rest)?)),
            "<" => self.steps.push(Step::Data(Side::Response, bytes(rest)?)),
            ">+" | "<+" => match self.steps.last_mut() {
                Some(Step::Data(_, data)) => data.extend(bytes(rest)?),
                _ => return Err("nothing to add to".to_owned()),
            },
            "!" => self.steps.push(gap(rest)?),
            "@" => self.steps.push(Step::Wait(duration_ns(rest)?)),
            "close" => self.steps.push(Step::Close),
            "mid-stream" => self.mid_stream = true,
            "foreign" => self.foreign = true,
            "role:" => self.role = role(rest)?,
            "traced:" => self.traced = role(rest)?,
            _ => return Err(format!("`{word}` is not a step")),
        }
        Ok(())
    }

    /// Returns the conversation with other steps.
    #[must_use]
    pub fn with_steps(&self, steps: Vec<Step>) -> Self {
        Self {
            steps,
            ..self.clone()
        }
    }

    /// Returns the first bytes of a side, up to a gap.
    #[must_use]
    pub fn head(&self, side: Side) -> Vec<u8> {
        let mut head = Vec::new();
        for step in &self.steps {
            match step {
                Step::Data(data_side, data) if *data_side == side => head.extend(data),
                Step::Gap(gap_side, _) if *gap_side == side => break,
                _ => {}
            }
        }
        head
    }

    /// Plays the conversation through a stream that may speak any of these protocols.
    #[must_use]
    pub fn run(&self, limits: &Arc<Limits>, protocols: &'static [&'static Protocol]) -> Outcome {
        self.run_cut(limits, protocols, &[])
    }

    /// Plays it with its chunks cut into pieces of these sizes, over and over; uncut if there are
    /// none. Rows are drained after whole chunks.
    #[must_use]
    pub fn run_cut(
        &self,
        limits: &Arc<Limits>,
        protocols: &'static [&'static Protocol],
        sizes: &[usize],
    ) -> Outcome {
        let mut sizes = sizes.iter().map(|&size| size.max(1)).cycle();
        let mut stream =
            ConnStream::with_protocols(Arc::clone(limits), self.role, self.mid_stream, protocols);
        let conn = testkit::sample_conn(self.role);
        let mut rows = TableRows::default();
        let mut now_ns = START_NS;
        let mut retained_bytes_max = 0;
        for step in &self.steps {
            match step {
                Step::Data(side, data) => {
                    let mut rest = &data[..];
                    while !rest.is_empty() {
                        let size = sizes.next().map_or(rest.len(), |size| size.min(rest.len()));
                        let (piece, after) = rest.split_at(size);
                        stream.feed(self.direction(*side), now_ns, Chunk::Data(piece));
                        retained_bytes_max = retained_bytes_max.max(stream.retained_bytes());
                        rest = after;
                    }
                }
                Step::Gap(side, bytes) => {
                    stream.feed(self.direction(*side), now_ns, Chunk::Gap(*bytes));
                }
                Step::Wait(ns) => {
                    now_ns += ns;
                    stream.tick(now_ns);
                }
                Step::Close => stream.close(now_ns),
            }
            retained_bytes_max = retained_bytes_max.max(stream.retained_bytes());
            stream.drain(&conn, &mut rows);
        }
        Outcome {
            rows,
            verdict: stream.verdict(),
            role: stream.role(),
            counters: stream.take_counters(),
            retained_bytes_max,
        }
    }

    const fn direction(&self, side: Side) -> Direction {
        match (self.traced, side) {
            (Role::Client, Side::Request) | (Role::Server | Role::Unknown, Side::Response) => {
                Direction::Egress
            }
            _ => Direction::Ingress,
        }
    }
}

fn role(text: &str) -> Result<Role, String> {
    match text {
        "client" => Ok(Role::Client),
        "server" => Ok(Role::Server),
        "unknown" => Ok(Role::Unknown),
        _ => Err(format!("`{text}` is not a role")),
    }
}

fn gap(text: &str) -> Result<Step, String> {
    let mut words = text.split_whitespace();
    let side = match words.next() {
        Some(">") => Side::Request,
        Some("<") => Side::Response,
        _ => return Err("a gap needs a direction".to_owned()),
    };
    match (words.next(), words.next().map(str::parse)) {
        (Some("gap"), Some(Ok(bytes))) => Ok(Step::Gap(side, bytes)),
        _ => Err("expected `gap BYTES`".to_owned()),
    }
}

fn duration_ns(text: &str) -> Result<i64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let scale = match &text[digits.len()..] {
        "ns" => 1.0,
        "us" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        unit => return Err(format!("`{unit}` is not a unit")),
    };
    let number: f64 = digits
        .parse()
        .map_err(|_| format!("`{digits}` is not a number"))?;
    #[allow(
        clippy::cast_possible_truncation,
        reason = "vectors last minutes, not centuries"
    )]
    Ok((number * scale) as i64)
}

/// Reads `"text"` with an optional `* COUNT`.
fn bytes(text: &str) -> Result<Vec<u8>, String> {
    let inner = text
        .trim()
        .strip_prefix('"')
        .ok_or("expected a quoted text")?;
    let end = inner.rfind('"').ok_or("unfinished text")?;
    let once = unescape(&inner[..end])?;
    match inner[end + 1..].trim().strip_prefix('*') {
        None => Ok(once),
        Some(count) => {
            let count = count.trim().parse().map_err(|_| "expected `* COUNT`")?;
            Ok(once.repeat(count))
        }
    }
}

fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let escape = &rest[at + 1..];
        let (byte, len) = match escape.as_bytes() {
            [b'r', ..] => (b'\r', 1),
            [b'n', ..] => (b'\n', 1),
            [b't', ..] => (b'\t', 1),
            [b'0', ..] => (0, 1),
            [b'\\', ..] => (b'\\', 1),
            [b'"', ..] => (b'"', 1),
            [b'x', ..] => {
                let digits = escape.get(1..3).ok_or("unfinished escape")?;
                let byte = u8::from_str_radix(digits, 16);
                (
                    byte.map_err(|_| format!("`\\x{digits}` is not an escape"))?,
                    3,
                )
            }
            _ => return Err("unknown escape".to_owned()),
        };
        out.push(byte);
        rest = &escape[len..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_is_read() {
        let text = "# c\nrole: unknown\ntraced: client\nmid-stream\nforeign\n\
            > \"a\\r\\x00\\\"\" * 2\n>+ \"b\"\n! < gap 12\n@ 1.5ms\nclose\n";
        let wire = Wire::parse("w", text).unwrap();
        assert_eq!((wire.role, wire.traced), (Role::Unknown, Role::Client));
        assert!(wire.mid_stream && wire.foreign);
        let steps = [
            Step::Data(Side::Request, b"a\r\0\"a\r\0\"b".to_vec()),
            Step::Gap(Side::Response, 12),
            Step::Wait(1_500_000),
            Step::Close,
        ];
        assert_eq!(wire.steps, steps);
        assert_eq!(wire.direction(Side::Request), Direction::Egress);
        let error = Wire::parse("w", "\n> oops").unwrap_err();
        assert_eq!(error, "line 2: expected a quoted text");
    }
}
