//! Whole zeros with a sign, which the reader takes for floats.

use memchr::memmem;
use std::borrow::Cow;

/// Returns a JSON text with ` 0` for each `-0` that is a whole number.
///
/// A number without a point and without an exponent is a whole one, but the reader gives `-0` as
/// the float -0.0. The space keeps places, and what was not valid before is not valid after.
pub(super) fn without_sign(json: &str) -> Cow<'_, str> {
    let bytes = json.as_bytes();
    if !memmem::find_iter(bytes, "-0").any(|at| is_whole_zero(bytes, at)) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    let mut in_text = false;
    let mut is_escaped = false;
    for (at, c) in json.char_indices() {
        let is_sign = c == '-' && !in_text && is_whole_zero(bytes, at);
        out.push(if is_sign { ' ' } else { c });
        if is_escaped {
            is_escaped = false;
        } else if c == '"' {
            in_text = !in_text;
        } else {
            is_escaped = in_text && c == '\\';
        }
    }
    Cow::Owned(out)
}

/// Returns true if there is `-0` at a place, and no more of a number around it.
fn is_whole_zero(json: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| json.get(before));
    let after = json.get(at + 2);
    json.get(at..).is_some_and(|rest| rest.starts_with(b"-0"))
        && before.is_none_or(|byte| b"[:, \t\n\r".contains(byte))
        && after.is_none_or(|byte| b",]} \t\n\r".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_zeros_lose_their_sign() {
        for (json, want) in [
            ("-0", " 0"),
            (r#"{"a":-0}"#, r#"{"a": 0}"#),
            ("[-0, -0,\t-0\n]", "[ 0,  0,\t 0\n]"),
            (
                r#"["[-0]", "\"", -0, "\\", -0]"#,
                r#"["[-0]", "\"",  0, "\\",  0]"#,
            ),
            ("[-0.0, -0e1, -01, -1, 1e-0]", "[-0.0, -0e1, -01, -1, 1e-0]"),
            ("2024-01-02", "2024-01-02"),
            ("1-0", "1-0"),
            (r#""é" -0"#, r#""é"  0"#),
        ] {
            assert_eq!(without_sign(json), want, "{json}");
        }
    }
}
