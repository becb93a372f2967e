//! `~a`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Int;

/// `~a`
pub(crate) const INVERT: Function = Function {
    name: "invert",
    family: Family::Operators,
    doc: "Returns a whole number with every bit turned over.",
    example: Example {
        args: &[Datum::Int(0)],
        result: Datum::Int(-1),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["a"], &scalar1::<Int, Int, _>(|a: i64| !a))]),
};
