//! `a * b`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::native::binary;
use crate::semantics::Semantics;
use crate::value::{Float, Int};
use datafusion_expr::Operator;

/// `a * b`
pub(crate) const MULTIPLY: Function = Function {
    name: "multiply",
    family: Family::Operators,
    doc: "Returns the product of two numbers. Whole numbers wrap around.",
    example: Example {
        args: &[Datum::Float(1.5), Datum::Int(5)],
        result: Datum::Float(7.5),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Int, Int, Int, _>(i64::wrapping_mul))
            .native(|args| binary(Operator::Multiply, args)),
        Overload::new(&["a", "b"], &scalar2::<Float, Float, Float, _>(floats))
            .native(|args| binary(Operator::Multiply, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Int, Float, Float, _>(|a, b| floats(a as f64, b)),
        ),
        Overload::new(
            &["a", "b"],
            &scalar2::<Float, Int, Float, _>(|a, b| floats(a, b as f64)),
        ),
    ]),
};

fn floats(a: f64, b: f64) -> f64 {
    a * b
}
