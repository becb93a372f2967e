//! `floor`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `floor`
pub(crate) const FLOOR: Function = Function {
    name: "floor",
    family: Family::Math,
    doc: "Returns the largest whole number that is not above a float. Out of range it is the nearest whole number there is, and 0 for NaN.",
    example: Example {
        args: &[Datum::Float(4.5)],
        result: Datum::Int(4),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["a"],
        &scalar1::<Float, Int, _>(|a: f64| a.floor() as i64),
    )]),
};
