//! `ceil`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `ceil`
pub(crate) const CEIL: Function = Function {
    name: "ceil",
    family: Family::Math,
    doc: "Returns the smallest whole number that is not below a float. Out of range it is the nearest whole number there is, and 0 for NaN.",
    example: Example {
        args: &[Datum::Float(4.5)],
        result: Datum::Int(5),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["a"],
        &scalar1::<Float, Int, _>(|a: f64| a.ceil() as i64),
    )]),
};
