//! `sqrt`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `sqrt`
pub(crate) const SQRT: Function = Function {
    name: "sqrt",
    family: Family::Math,
    doc: "Returns the square root; of a negative number it is NaN.",
    example: Example {
        args: &[Datum::Int(4)],
        result: Datum::Float(2.0),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a"], &scalar1::<Float, Float, _>(f64::sqrt)),
        Overload::new(&["a"], &scalar1::<Int, Float, _>(|a| f64::sqrt(a as f64))),
    ]),
};
