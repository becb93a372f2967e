//! Header fields as one JSON object, written straight into a message's text.
//!
//! Names keep their case and are ordered without regard to it. A repeated header is one key with
//! the values joined by `, ` (RFC 9110 5.3), except `Set-Cookie`, whose values hold commas
//! themselves: they are joined by a line feed, which no value can hold. A folded line (RFC 9112
//! 5.2) becomes a space. Headers that do not fit are left out whole and counted in a last key.

use crate::Counters;
use std::cmp::Ordering;

/// Positions of a field in the head: name and trimmed value.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Field {
    pub(super) name: (u32, u32),
    pub(super) value: (u32, u32),
}

impl Field {
    pub(super) fn name<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        &head[self.name.0 as usize..self.name.1 as usize]
    }

    pub(super) fn value<'a>(&self, head: &'a [u8]) -> &'a [u8] {
        &head[self.value.0 as usize..self.value.1 as usize]
    }
}

/// Writes the object. `left_out` fields were not even collected.
pub(super) fn write_json(
    out: &mut Vec<u8>,
    head: &[u8],
    fields: &mut [Field],
    left_out: usize,
    counters: &mut Counters,
) {
    fields.sort_by(|a, b| compare(a.name(head), b.name(head)));
    let max = out.len() + HEADERS_BYTES_MAX - MARKER_BYTES;
    let mut dropped = left_out;
    out.push(b'{');
    let mut first = true;
    for same in fields.chunk_by(|a, b| a.name(head).eq_ignore_ascii_case(b.name(head))) {
        let start = out.len();
        if !first {
            out.push(b',');
        }
        let name = same[0].name(head);
        out.push(b'"');
        escape(out, name);
        out.extend_from_slice(b"\":\"");
        let joint: &[u8] =
            if name.eq_ignore_ascii_case(b"set-cookie") { b"\\n" } else { b", " };
        for (index, field) in same.iter().enumerate() {
            if index > 0 {
                out.extend_from_slice(joint);
            }
            // Escaping only makes it longer, so a value over the limit need not be written.
            if out.len() + field.value(head).len() > max {
                out.resize(max + 1, b' ');
                break;
            }
            escape(out, field.value(head));
        }
        out.push(b'"');
        if out.len() > max {
            out.truncate(start);
            dropped += same.len();
        } else {
            first = false;
        }
    }
    if dropped > 0 {
        counters.headers_dropped += dropped as u64;
        let comma = if first { "" } else { "," };
        out.extend_from_slice(
            format!("{comma}\"\u{2026}truncated\":\"{dropped} headers\"").as_bytes(),
        );
    }
    out.push(b'}');
}

fn compare(a: &[u8], b: &[u8]) -> Ordering {
    for (a, b) in a.iter().zip(b) {
        let order = a.to_ascii_lowercase().cmp(&b.to_ascii_lowercase());
        if order != Ordering::Equal {
            return order;
        }
    }
    a.len().cmp(&b.len())
}

/// Appends text inside a JSON string; what is not UTF-8 becomes U+FFFD.
fn escape(out: &mut Vec<u8>, bytes: &[u8]) {
    if bytes.iter().all(|&byte| is_plain(byte)) {
        out.extend_from_slice(bytes);
        return;
    }
    for chunk in bytes.utf8_chunks() {
        escape_text(out, chunk.valid());
        if !chunk.invalid().is_empty() {
            out.extend_from_slice("\u{fffd}".as_bytes());
        }
    }
}

fn escape_text(out: &mut Vec<u8>, text: &str) {
    let mut folding = false;
    for &byte in text.as_bytes() {
        // A line end in a value is a fold, together with the white space around it.
        if matches!(byte, b'\r' | b'\n') {
            folding = true;
            continue;
        }
        if folding && matches!(byte, b' ' | b'\t') {
            continue;
        }
        if folding {
            while matches!(out.last(), Some(b' ' | b'\t')) {
                out.pop();
            }
            out.push(b' ');
            folding = false;
        }
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 | 0x7f => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            _ => out.push(byte),
        }
    }
}

const fn is_plain(byte: u8) -> bool {
    byte >= 0x20 && byte < 0x7f && byte != b'"' && byte != b'\\'
}

/// LIMIT: bytes of a header column.
const HEADERS_BYTES_MAX: usize = 8192;

/// Space reserved for the key that counts what was left out.
const MARKER_BYTES: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    fn json(fields: &[(&str, &str)], left_out: usize) -> (String, u64) {
        let mut head = Vec::new();
        let mut positions = Vec::new();
        for (name, value) in fields {
            let start = head.len() as u32;
            head.extend_from_slice(name.as_bytes());
            let middle = head.len() as u32;
            head.extend_from_slice(value.as_bytes());
            positions.push(Field { name: (start, middle), value: (middle, head.len() as u32) });
        }
        let mut out = Vec::new();
        let mut counters = Counters::default();
        write_json(&mut out, &head, &mut positions, left_out, &mut counters);
        (String::from_utf8(out).unwrap(), counters.headers_dropped)
    }

    #[test]
    fn names_are_ordered_without_case_and_repeats_are_joined() {
        let (text, _) = json(&[("b", "1"), ("Accept", "x"), ("B", "2"), ("C", "")], 0);
        assert_eq!(text, r#"{"Accept":"x","b":"1, 2","C":""}"#);
        let (text, _) = json(&[("Set-Cookie", "a=1, 2"), ("set-cookie", "b")], 0);
        assert_eq!(text, r#"{"Set-Cookie":"a=1, 2\nb"}"#);
    }

    #[test]
    fn values_are_escaped_and_folds_become_spaces() {
        let (text, _) = json(&[("a", "q\"\\\t\u{1}\u{e9}"), ("b", "x \r\n  y")], 0);
        assert_eq!(text, "{\"a\":\"q\\\"\\\\\\t\\u0001\u{e9}\",\"b\":\"x y\"}");
    }

    #[test]
    fn headers_over_the_limit_are_left_out_whole_and_counted() {
        let long = "x".repeat(8000);
        let (text, dropped) = json(&[("a", &long), ("b", &long), ("c", "1")], 2);
        assert_eq!(dropped, 3);
        assert!(text.len() <= HEADERS_BYTES_MAX);
        assert!(text.ends_with("\",\"c\":\"1\",\"\u{2026}truncated\":\"3 headers\"}"), "{text}");
    }
}
