//! `trim`

use crate::adapter::slice1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;

/// `trim`
pub(crate) const TRIM: Function = Function {
    name: "trim",
    family: Family::Strings,
    doc: "Returns a text without leading and trailing ASCII white space.",
    example: Example {
        args: &[Datum::Text(" pixieLabs ")],
        result: Datum::Text("pixieLabs"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["text"], &slice1(trim))]),
};

fn trim(text: &str) -> &str {
    let is_space = |c: char| matches!(c, ' ' | '\t' | '\n' | '\x0B' | '\x0C' | '\r');
    text.trim_matches(is_space)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(trim("   "), "");
        assert_eq!(trim("p   ixie"), "p   ixie");
        assert_eq!(trim("\u{a0}x\x0B"), "\u{a0}x");
    }
}
