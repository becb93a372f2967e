//! `pow`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::numbers::two_numbers;
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `pow`
pub(crate) const POW: Function = Function {
    name: "pow",
    family: Family::Math,
    doc: "Returns a number to the power of another, as a float.",
    example: Example {
        args: &[Datum::Int(2), Datum::Int(3)],
        result: Datum::Float(8.0),
    },
    semantics: Semantics::None,
    body: Body::Scalar(two_numbers!(&["base", "exponent"], f64::powf)),
};
