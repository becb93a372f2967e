//! `ln`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `ln`
pub(crate) const LN: Function = Function {
    name: "ln",
    family: Family::Math,
    doc: "Returns the natural logarithm; of 0 it is -inf, of a negative number NaN.",
    example: Example {
        args: &[Datum::Int(1)],
        result: Datum::Float(0.0),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a"], &scalar1::<Float, Float, _>(f64::ln)),
        Overload::new(&["a"], &scalar1::<Int, Float, _>(|a| f64::ln(a as f64))),
    ]),
};
