//! `find`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `find`
pub(crate) const FIND: Function = Function {
    name: "find",
    family: Family::Strings,
    doc: "Returns the byte position of the first place where a text holds another, or -1.",
    example: Example {
        args: &[Datum::Text("pixielabs"), Datum::Text("xie")],
        result: Datum::Int(2),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["text", "part"],
        &scalar2::<Str, Str, Int, _>(find),
    )]),
};

fn find(text: &str, part: &str) -> i64 {
    text.find(part)
        .and_then(|at| i64::try_from(at).ok())
        .unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(find("pixielabs", "hello"), -1);
        assert_eq!(find("pixielabs", ""), 0);
    }
}
