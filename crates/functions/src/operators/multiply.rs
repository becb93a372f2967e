//! `a * b`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::arithmetic::arithmetic;
use crate::operators::native::binary;
use crate::semantics::Semantics;
use crate::value::{Float, Int};
use datafusion_expr::Operator;
use std::ops::Mul;

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
    body: arithmetic!(i64::wrapping_mul, f64::mul, Multiply),
};
