//! `a - b`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::arithmetic::arithmetic;
use crate::operators::native::binary;
use crate::semantics::{QUANTITIES, Semantics};
use crate::value::{Float, Int, Time};
use datafusion_expr::Operator;
use std::ops::Sub;

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
    body: arithmetic!(
        i64::wrapping_sub,
        f64::sub,
        Minus,
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
    ),
};
