//! `-a`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Float, Int};

/// `-a`
pub(crate) const NEGATE: Function = Function {
    name: "negate",
    family: Family::Operators,
    doc: "Returns a number with the other sign.",
    example: Example {
        args: &[Datum::Int(-4)],
        result: Datum::Int(4),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a"], &scalar1::<Int, Int, _>(i64::wrapping_neg)),
        Overload::new(&["a"], &scalar1::<Float, Float, _>(|a: f64| -a)),
    ]),
};
