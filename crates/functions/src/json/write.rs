//! Writes JSON as scripts see it: compact, floats always with a point or an exponent.

use std::fmt::Write as _;

/// Appends a float: shortest digits that read back the same, `1.0` and `1e30` rather than `1`.
pub(crate) fn write_float(out: &mut String, value: f64) {
    let size = value.abs();
    let done = if size != 0.0 && !(1e-6..1e21).contains(&size) {
        write!(out, "{value:e}")
    } else if value.fract() == 0.0 {
        write!(out, "{value}.0")
    } else {
        write!(out, "{value}")
    };
    // Writing to a `String` cannot fail.
    done.unwrap_or_default();
}

/// Appends a text in quotes.
pub(crate) fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape = match byte {
            b'"' => "\\\"",
            b'\\' => "\\\\",
            0x08 => "\\b",
            0x0C => "\\f",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            0..0x20 => "",
            _ => continue,
        };
        out.push_str(&text[plain..at]);
        if escape.is_empty() {
            write!(out, "\\u{byte:04X}").unwrap_or_default();
        } else {
            out.push_str(escape);
        }
        plain = at + 1;
    }
    out.push_str(&text[plain..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_have_a_point_or_an_exponent() {
        for (value, want) in [
            (10.0, "10.0"),
            (100_000.0, "100000.0"),
            (0.001234, "0.001234"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1e30, "1e30"),
            (1.5e-9, "1.5e-9"),
            (1e-7, "1e-7"),
            (1e20, "100000000000000000000.0"),
        ] {
            let mut out = String::new();
            write_float(&mut out, value);
            assert_eq!(out, want);
        }
    }

    #[test]
    fn text_is_escaped() {
        let mut out = String::new();
        write_text(&mut out, "a\"b\\c\n\u{1}é/");
        assert_eq!(out, "\"a\\\"b\\\\c\\n\\u0001é/\"");
    }
}
