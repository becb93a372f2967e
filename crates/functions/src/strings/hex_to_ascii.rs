//! `hex_to_ascii`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;

/// `hex_to_ascii`
pub(crate) const HEX_TO_ASCII: Function = Function {
    name: "hex_to_ascii",
    family: Family::Strings,
    doc: "Returns the text whose bytes are spelled by pairs of hexadecimal digits, without anything \
          between them; the empty text when that is not what the argument holds. A pair may also \
          be white space or a sign and one digit: `+f` is 0x0F and `-1` is 0xFF. Bytes that are \
          not UTF-8 become U+FFFD.",
    example: Example {
        args: &[Datum::Text("6e69786965")],
        result: Datum::Text("nixie"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["hex"],
        &scalar1::<Str, Str, _>(hex_to_ascii),
    )]),
};

fn hex_to_ascii(hex: &str) -> String {
    let (pairs, []) = hex.as_bytes().as_chunks::<2>() else {
        return String::new();
    };
    let bytes: Option<Vec<u8>> = pairs.iter().map(|pair| byte(*pair)).collect();
    String::from_utf8_lossy(&bytes.unwrap_or_default()).into_owned()
}

/// Returns the byte that a pair spells. As where C reads numbers, white space or a sign may come
/// before a single digit.
fn byte([first, second]: [u8; 2]) -> Option<u8> {
    let low = digit(second)?;
    match first {
        b'\t'..=b'\r' | b' ' | b'+' => Some(low),
        b'-' => Some(low.wrapping_neg()),
        _ => Some(digit(first)? << 4 | low),
    }
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let uuid = "36623330303663622d393632612d343030302d616235652d333636383564616634383030";
        assert_eq!(hex_to_ascii(uuid), "6b3006cb-962a-4000-ab5e-36685daf4800");
        assert_eq!(hex_to_ascii("C3a9"), "é");
        assert_eq!(hex_to_ascii("41ff"), "A\u{fffd}");
        for (pair, want) in [
            (" f", "\u{f}"),
            ("\u{b}f", "\u{f}"),
            ("+f", "\u{f}"),
            ("-0", "\0"),
            ("-1", "\u{fffd}"),
            ("41+a42", "A\nB"),
        ] {
            assert_eq!(hex_to_ascii(pair), want, "{pair}");
        }
        for bad in ["", "333", "zz", "f ", "  ", "f+", "+-", "0x", "é"] {
            assert_eq!(hex_to_ascii(bad), "", "{bad}");
        }
    }
}
