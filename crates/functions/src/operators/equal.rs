//! `a == b`, `a != b` and `approxEqual`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::native::binary;
use crate::semantics::Semantics;
use crate::value::{Bool, Float, Int, Str, Time, UInt128};
use datafusion_expr::Operator;

macro_rules! equality {
    ($sign:tt, $operator:ident, $floats:ident) => {
        Body::Scalar(&[
            Overload::new(&["a", "b"], &scalar2::<Int, Int, Bool, _>(|a, b| a $sign b))
                .native(|args| binary(Operator::$operator, args)),
            Overload::new(
                &["a", "b"],
                &scalar2::<Str, Str, Bool, _>(|a: &str, b: &str| a $sign b),
            )
            .native(|args| binary(Operator::$operator, args)),
            Overload::new(&["a", "b"], &scalar2::<Bool, Bool, Bool, _>(|a, b| a $sign b))
                .native(|args| binary(Operator::$operator, args)),
            Overload::new(&["a", "b"], &scalar2::<Time, Time, Bool, _>(|a, b| a $sign b))
                .native(|args| binary(Operator::$operator, args)),
            Overload::new(
                &["a", "b"],
                &scalar2::<UInt128, UInt128, Bool, _>(|a, b| a $sign b),
            )
            .native(|args| binary(Operator::$operator, args)),
            Overload::new(&["a", "b"], &scalar2::<Float, Float, Bool, _>($floats)),
            Overload::new(
                &["a", "b"],
                &scalar2::<Int, Float, Bool, _>(|a, b| a as f64 $sign b),
            ),
            Overload::new(
                &["a", "b"],
                &scalar2::<Float, Int, Bool, _>(|a, b| a $sign b as f64),
            ),
            Overload::new(
                &["a", "b"],
                &scalar2::<Bool, Int, Bool, _>(|a, b| i64::from(a) $sign b),
            ),
            Overload::new(
                &["a", "b"],
                &scalar2::<Int, Bool, Bool, _>(|a, b| a $sign i64::from(b)),
            ),
        ])
    };
}

/// `a == b`
pub(crate) const EQUAL: Function = Function {
    name: "equal",
    family: Family::Operators,
    doc: "Returns whether two values are the same. Floats are the same when they differ by less \
          than 2.2e-16. A boolean counts as 0 or 1 beside a whole number.",
    example: Example {
        args: &[Datum::Float(1.0), Datum::Int(1)],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: equality!(==, Eq, near),
};

/// `a != b`
pub(crate) const NOT_EQUAL: Function = Function {
    name: "notEqual",
    family: Family::Operators,
    doc: "Returns whether two values differ. Floats differ when they are more than 2.2e-16 apart, \
          and NaN neither equals nor differs from anything.",
    example: Example {
        args: &[Datum::Int(2), Datum::Bool(true)],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: equality!(!=, NotEq, apart),
};

/// `approxEqual`
pub(crate) const APPROX_EQUAL: Function = Function {
    name: "approxEqual",
    family: Family::Operators,
    doc: "Returns whether two floats differ by less than 2.2e-16, as `==` does.",
    example: Example {
        args: &[Datum::Float(-4.003), Datum::Float(-4.008)],
        result: Datum::Bool(false),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["a", "b"],
        &scalar2::<Float, Float, Bool, _>(near),
    )]),
};

// Infinities are equal to themselves although their difference is not a number.
fn near(a: f64, b: f64) -> bool {
    a == b || (a - b).abs() < f64::EPSILON
}

fn apart(a: f64, b: f64) -> bool {
    a != b && (a - b).abs() > f64::EPSILON
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_compared_with_a_tolerance() {
        assert!(near(0.1 + 0.2, 0.3));
        assert!(!apart(0.1 + 0.2, 0.3));
        assert!(near(f64::INFINITY, f64::INFINITY));
        assert!(apart(100.0, 1.0));
        assert!(!near(f64::NAN, f64::NAN) && !apart(f64::NAN, 1.0));
        assert!(!near(-4.003, -4.008));
    }
}
