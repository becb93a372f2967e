//! `bytes_to_hex`

use crate::adapter::text1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;

/// `bytes_to_hex`
pub(crate) const BYTES_TO_HEX: Function = Function {
    name: "bytes_to_hex",
    family: Family::Strings,
    doc: "Returns every byte of a text as `\\\\x` and two hexadecimal digits.",
    example: Example {
        args: &[Datum::Text("abc")],
        result: Datum::Text("\\x61\\x62\\x63"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["text"], &text1::<Str, _>(bytes_to_hex))]),
};

const DIGITS: &[u8; 16] = b"0123456789ABCDEF";

fn bytes_to_hex(text: &str, out: &mut String) {
    for byte in text.bytes() {
        out.push_str("\\x");
        for digit in [byte >> 4, byte & 0xF] {
            out.push(char::from(DIGITS[usize::from(digit)]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_written() {
        let mut out = String::new();
        bytes_to_hex("\u{1}\u{2}\u{3}é", &mut out);
        assert_eq!(out, r"\x01\x02\x03\xC3\xA9");
    }
}
