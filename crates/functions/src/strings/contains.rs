//! `contains`

use crate::adapter::prepared2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Bool;
use datafusion_common::Result;
use memchr::memmem::Finder;

/// `contains`
pub(crate) const CONTAINS: Function = Function {
    name: "contains",
    family: Family::Strings,
    doc: "Returns whether a text holds another; the empty text is held by all.",
    example: Example {
        args: &[Datum::Text("apple"), Datum::Text("pl")],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["text", "part"],
        &prepared2::<1, Bool, _, _>(finder, contains),
    )]),
};

pub(super) fn finder(part: &str) -> Result<Finder<'static>> {
    Ok(Finder::new(part).into_owned())
}

fn contains(part: &Finder<'static>, text: &str) -> bool {
    part.find(text.as_bytes()).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert!(!contains(&finder("z").unwrap(), "apple"));
        assert!(contains(&finder("").unwrap(), ""));
    }
}
