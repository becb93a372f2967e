//! `substring`

use crate::adapter::slice3;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Int;

/// `substring`
pub(crate) const SUBSTRING: Function = Function {
    name: "substring",
    family: Family::Strings,
    doc: "Returns up to `length` bytes of a text from byte position `position` on; the empty text when either is negative or the position is past the end. A cut inside a character moves to its start.",
    example: Example {
        args: &[Datum::Text("pixielabs"), Datum::Int(3), Datum::Int(4)],
        result: Datum::Text("iela"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(NAMES, &slice3::<Int, Int, _>(substring))]),
};

const NAMES: &[&str] = &["text", "position", "length"];

fn substring(text: &str, position: i64, length: i64) -> &str {
    let (Ok(start), Ok(length)) = (usize::try_from(position), usize::try_from(length)) else {
        return "";
    };
    if start > text.len() {
        return "";
    }
    let end = start.saturating_add(length).min(text.len());
    &text[text.floor_char_boundary(start)..text.floor_char_boundary(end)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(substring("pixielabs", 5, 10), "labs");
        for (position, length) in [(5, 0), (9, 20), (-1, 2), (0, -1), (10, 1)] {
            assert_eq!(substring("pixielabs", position, length), "");
        }
        assert_eq!(substring("pixielabs", 1, i64::MAX), "ixielabs");
        assert_eq!(substring("aéb", 2, 2), "éb");
    }
}
