//! `log2`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `log2`
pub(crate) const LOG2: Function = Function {
    name: "log2",
    family: Family::Math,
    doc: "Returns the logarithm to base 2.",
    example: Example {
        args: &[Datum::Float(4.0)],
        result: Datum::Float(2.0),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a"], &scalar1::<Float, Float, _>(f64::log2)),
        Overload::new(&["a"], &scalar1::<Int, Float, _>(|a| f64::log2(a as f64))),
    ]),
};
