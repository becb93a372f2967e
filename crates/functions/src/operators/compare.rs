//! `a < b`, `a <= b`, `a > b` and `a >= b`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::native::binary;
use crate::semantics::Semantics;
use crate::value::{Bool, Float, Int, Str, Time};
use datafusion_expr::Operator;

/// `a < b`
pub(crate) const LESS_THAN: Function = Function {
    name: "lessThan",
    family: Family::Operators,
    doc: "Returns whether one value is less than another of the same type. Text is compared byte by \
          byte; NaN gives false.",
    example: Example {
        args: &[Datum::Text("abc"), Datum::Text("abc")],
        result: Datum::Bool(false),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Int, Int, Bool, _>(|a, b| a < b))
            .native(|args| binary(Operator::Lt, args)),
        Overload::new(&["a", "b"], &scalar2::<Time, Time, Bool, _>(|a, b| a < b))
            .native(|args| binary(Operator::Lt, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Str, Str, Bool, _>(|a: &str, b: &str| a < b),
        )
        .native(|args| binary(Operator::Lt, args)),
        Overload::new(&["a", "b"], &scalar2::<Float, Float, Bool, _>(|a, b| a < b)),
    ]),
};

/// `a <= b`
pub(crate) const LESS_THAN_EQUAL: Function = Function {
    name: "lessThanEqual",
    family: Family::Operators,
    doc: "Returns whether one value is at most another of the same type. Text is compared byte by \
          byte; NaN gives false.",
    example: Example {
        args: &[Datum::Text("abc"), Datum::Text("abc")],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Int, Int, Bool, _>(|a, b| a <= b))
            .native(|args| binary(Operator::LtEq, args)),
        Overload::new(&["a", "b"], &scalar2::<Time, Time, Bool, _>(|a, b| a <= b))
            .native(|args| binary(Operator::LtEq, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Str, Str, Bool, _>(|a: &str, b: &str| a <= b),
        )
        .native(|args| binary(Operator::LtEq, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Float, Float, Bool, _>(|a, b| a <= b),
        ),
    ]),
};

/// `a > b`
pub(crate) const GREATER_THAN: Function = Function {
    name: "greaterThan",
    family: Family::Operators,
    doc: "Returns whether one value is greater than another of the same type. Text is compared byte by \
          byte; NaN gives false.",
    example: Example {
        args: &[Datum::Text("abc"), Datum::Text("abc")],
        result: Datum::Bool(false),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Int, Int, Bool, _>(|a, b| a > b))
            .native(|args| binary(Operator::Gt, args)),
        Overload::new(&["a", "b"], &scalar2::<Time, Time, Bool, _>(|a, b| a > b))
            .native(|args| binary(Operator::Gt, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Str, Str, Bool, _>(|a: &str, b: &str| a > b),
        )
        .native(|args| binary(Operator::Gt, args)),
        Overload::new(&["a", "b"], &scalar2::<Float, Float, Bool, _>(|a, b| a > b)),
    ]),
};

/// `a >= b`
pub(crate) const GREATER_THAN_EQUAL: Function = Function {
    name: "greaterThanEqual",
    family: Family::Operators,
    doc: "Returns whether one value is at least another of the same type. Text is compared byte by \
          byte; NaN gives false.",
    example: Example {
        args: &[Datum::Text("abc"), Datum::Text("abc")],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Int, Int, Bool, _>(|a, b| a >= b))
            .native(|args| binary(Operator::GtEq, args)),
        Overload::new(&["a", "b"], &scalar2::<Time, Time, Bool, _>(|a, b| a >= b))
            .native(|args| binary(Operator::GtEq, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Str, Str, Bool, _>(|a: &str, b: &str| a >= b),
        )
        .native(|args| binary(Operator::GtEq, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Float, Float, Bool, _>(|a, b| a >= b),
        ),
    ]),
};
