//! `find`

use crate::adapter::prepared2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::strings::contains::finder;
use crate::value::Int;
use memchr::memmem::Finder;

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
        &prepared2::<1, Int, _, _>(finder, find),
    )]),
};

fn find(part: &Finder<'static>, text: &str) -> i64 {
    part.find(text.as_bytes())
        .and_then(|at| i64::try_from(at).ok())
        .unwrap_or(-1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (part, want) in [("hello", -1), ("", 0), ("xie", 2)] {
            assert_eq!(find(&finder(part).unwrap(), "pixielabs"), want, "{part}");
        }
    }
}
