//! `log`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::numbers::two_numbers;
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `log`
pub(crate) const LOG: Function = Function {
    name: "log",
    family: Family::Math,
    doc: "Returns the logarithm of a number to a base; the base comes first.",
    example: Example {
        args: &[Datum::Int(2), Datum::Int(4)],
        result: Datum::Float(2.0),
    },
    semantics: Semantics::None,
    body: Body::Scalar(two_numbers!(&["base", "value"], log)),
};

fn log(base: f64, value: f64) -> f64 {
    value.ln() / base.ln()
}
