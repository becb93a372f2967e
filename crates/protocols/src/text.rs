//! Cuts and cleans text for columns.

use std::borrow::Cow;

/// Ends a value that is longer than its column keeps.
pub(crate) const TRUNCATED: &str = "... [TRUNCATED]";

/// Returns bytes as text, with U+FFFD for what is not UTF-8.
///
/// A character that the end of `bytes` cuts in two is left out when `cut` is set.
pub(crate) fn lossy(bytes: &[u8], cut: bool) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(error) if cut && error.error_len().is_none() => {
            String::from_utf8_lossy(&bytes[..error.valid_up_to()])
        }
        Err(_) => {
            let end = if cut {
                whole_chars_end(bytes)
            } else {
                bytes.len()
            };
            String::from_utf8_lossy(&bytes[..end])
        }
    }
}

/// Returns the length of `bytes` without a character that its end cuts in two.
fn whole_chars_end(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(3);
    for at in (tail..bytes.len()).rev() {
        let needed = match bytes[at] {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            0x80..=0xbf => continue,
            _ => return bytes.len(),
        };
        return if at + needed > bytes.len() {
            at
        } else {
            bytes.len()
        };
    }
    bytes.len()
}

/// Appends bytes, at most `max` of them, and says so when there were more.
pub(crate) fn push_capped(out: &mut Vec<u8>, bytes: &[u8], max: usize) {
    if bytes.len() <= max {
        out.extend_from_slice(bytes);
    } else {
        out.extend_from_slice(&bytes[..whole_chars_end(&bytes[..max])]);
        out.extend_from_slice(TRUNCATED.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_cut_in_two_is_left_out() {
        let euro = "ab\u{20ac}".as_bytes();
        assert_eq!(lossy(&euro[..4], true), "ab");
        assert_eq!(lossy(&euro[..4], false), "ab\u{fffd}");
        assert_eq!(lossy(b"\xff\xe2\x82", true), "\u{fffd}");
        assert_eq!(lossy(b"ab\xff", true), "ab\u{fffd}");
    }

    #[test]
    fn capped_text_says_so() {
        let mut out = Vec::new();
        push_capped(&mut out, "ab\u{20ac}".as_bytes(), 4);
        assert_eq!(out, b"ab... [TRUNCATED]");
        out.clear();
        push_capped(&mut out, b"abcd", 4);
        assert_eq!(out, b"abcd");
    }
}
