//! `exp`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `exp`
pub(crate) const EXP: Function = Function {
    name: "exp",
    family: Family::Math,
    doc: "Returns e to the power of a number.",
    example: Example {
        args: &[Datum::Int(0)],
        result: Datum::Float(1.0),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a"], &scalar1::<Float, Float, _>(f64::exp)),
        Overload::new(&["a"], &scalar1::<Int, Float, _>(|a| f64::exp(a as f64))),
    ]),
};
