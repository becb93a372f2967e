//! `length`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `length`
pub(crate) const LENGTH: Function = Function {
    name: "length",
    family: Family::Strings,
    doc: "Returns the number of bytes of a text.",
    example: Example {
        args: &[Datum::Text("apple")],
        result: Datum::Int(5),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["text"], &scalar1::<Str, Int, _>(length))]),
};

fn length(text: &str) -> i64 {
    i64::try_from(text.len()).unwrap_or(i64::MAX)
}
