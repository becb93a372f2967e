//! `itoa`

use crate::adapter::text1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Int;
use std::fmt::Write as _;

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
    body: Body::Scalar(&[Overload::new(&["value"], &text1::<Int, _>(itoa))]),
};

fn itoa(value: i64, out: &mut String) {
    // Writing to a `String` cannot fail.
    write!(out, "{value}").unwrap_or_default();
}
