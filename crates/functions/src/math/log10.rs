//! `log10`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `log10`
pub(crate) const LOG10: Function = Function {
    name: "log10",
    family: Family::Math,
    doc: "Returns the logarithm to base 10.",
    example: Example {
        args: &[Datum::Int(100)],
        result: Datum::Float(2.0),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a"], &scalar1::<Float, Float, _>(f64::log10)),
        Overload::new(&["a"], &scalar1::<Int, Float, _>(|a| f64::log10(a as f64))),
    ]),
};
