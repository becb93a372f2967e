//! `itoa`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `itoa`
pub(crate) const ITOA: Function = Function {
    name: "itoa",
    family: Family::Strings,
    doc: "Returns a whole number in decimal.",
    example: Example {
        args: &[Datum::Int(-1234)],
        result: Datum::Text("-1234"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["value"],
        &scalar1::<Int, Str, _>(|value: i64| value.to_string()),
    )]),
};
