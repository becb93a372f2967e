//! `a - b`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::native::binary;
use crate::semantics::{QUANTITIES, Semantics};
use crate::value::{Float, Int, Time};
use datafusion_expr::Operator;

/// `a - b`
pub(crate) const SUBTRACT: Function = Function {
    name: "subtract",
    family: Family::Operators,
    doc: "Returns the difference of two numbers, or of times in nanoseconds. Whole numbers wrap \
          around.",
    example: Example {
        args: &[Datum::Float(1.5), Datum::Float(2.0)],
        result: Datum::Float(-0.5),
    },
    semantics: Semantics::Inherit {
        of: QUANTITIES,
        from: 0,
    },
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Int, Int, Int, _>(i64::wrapping_sub))
            .native(|args| binary(Operator::Minus, args)),
        Overload::new(&["a", "b"], &scalar2::<Float, Float, Float, _>(floats))
            .native(|args| binary(Operator::Minus, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Int, Float, Float, _>(|a, b| floats(a as f64, b)),
        ),
        Overload::new(
            &["a", "b"],
            &scalar2::<Float, Int, Float, _>(|a, b| floats(a, b as f64)),
        ),
        Overload::new(
            &["a", "b"],
            &scalar2::<Time, Time, Int, _>(i64::wrapping_sub),
        ),
        Overload::new(
            &["a", "b"],
            &scalar2::<Time, Int, Time, _>(i64::wrapping_sub),
        ),
        Overload::new(
            &["a", "b"],
            &scalar2::<Int, Time, Time, _>(i64::wrapping_sub),
        ),
    ]),
};

fn floats(a: f64, b: f64) -> f64 {
    a - b
}
