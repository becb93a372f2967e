//! `bytes_to_hex`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;
use std::fmt::Write as _;

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
    body: Body::Scalar(&[Overload::new(
        &["text"],
        &scalar1::<Str, Str, _>(bytes_to_hex),
    )]),
};

fn bytes_to_hex(text: &str) -> String {
    let mut hex = String::with_capacity(text.len() * 4);
    for byte in text.bytes() {
        // Writing to a `String` cannot fail.
        write!(hex, "\\x{byte:02X}").unwrap_or_default();
    }
    hex
}
