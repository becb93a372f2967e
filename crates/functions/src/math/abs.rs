//! `abs`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::{MEASURES, Semantics};
use crate::value::{Float, Int};

/// `abs`
pub(crate) const ABS: Function = Function {
    name: "abs",
    family: Family::Math,
    doc: "Returns a number without its sign, of the same type.",
    example: Example {
        args: &[Datum::Int(-2)],
        result: Datum::Int(2),
    },
    semantics: Semantics::Inherit {
        of: MEASURES,
        from: 0,
    },
    body: Body::Scalar(&[
        Overload::new(&["a"], &scalar1::<Float, Float, _>(f64::abs)),
        Overload::new(&["a"], &scalar1::<Int, Int, _>(i64::wrapping_abs)),
    ]),
};
