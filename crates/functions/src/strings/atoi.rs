//! `atoi`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `atoi`
pub(crate) const ATOI: Function = Function {
    name: "atoi",
    family: Family::Strings,
    doc: "Returns the whole number that a text spells in decimal, or `default` when it does not. White space around it is ignored.",
    example: Example {
        args: &[Datum::Text("1234"), Datum::Int(-1)],
        result: Datum::Int(1234),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["text", "default"],
        &scalar2::<Str, Int, Int, _>(atoi),
    )]),
};

fn atoi(text: &str, default: i64) -> i64 {
    text.trim_ascii().parse().unwrap_or(default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (text, default, want) in [
            ("-1234", -1, -1234),
            ("+1111111", -1, 1_111_111),
            ("not an int", 1234, 1234),
            (" 7 ", 0, 7),
            ("", 5, 5),
            ("1.0", 5, 5),
            ("0x10", 5, 5),
            ("9223372036854775808", 5, 5),
        ] {
            assert_eq!(atoi(text, default), want, "{text}");
        }
    }
}
