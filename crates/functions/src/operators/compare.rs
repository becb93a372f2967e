//! `a < b`, `a <= b`, `a > b` and `a >= b`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::native::binary;
use crate::semantics::Semantics;
use crate::value::{Bool, Float, Int, Str, Time};
use datafusion_expr::Operator;

macro_rules! comparison {
    ($constant:ident, $name:literal, $says:literal, $sign:tt, $operator:ident, $of_equal:literal) => {
        #[doc = concat!("`a ", stringify!($sign), " b`")]
        pub(crate) const $constant: Function = Function {
            name: $name,
            family: Family::Operators,
            doc: concat!(
                "Returns whether one value is ",
                $says,
                " another of the same type. Text is compared byte by byte; NaN gives false.",
            ),
            example: Example {
                args: &[Datum::Text("abc"), Datum::Text("abc")],
                result: Datum::Bool($of_equal),
            },
            semantics: Semantics::None,
            body: Body::Scalar(&[
                Overload::new(&["a", "b"], &scalar2::<Int, Int, Bool, _>(|a, b| a $sign b))
                    .native(|args| binary(Operator::$operator, args)),
                Overload::new(&["a", "b"], &scalar2::<Time, Time, Bool, _>(|a, b| a $sign b))
                    .native(|args| binary(Operator::$operator, args)),
                Overload::new(
                    &["a", "b"],
                    &scalar2::<Str, Str, Bool, _>(|a: &str, b: &str| a $sign b),
                )
                .native(|args| binary(Operator::$operator, args)),
                Overload::new(&["a", "b"], &scalar2::<Float, Float, Bool, _>(|a, b| a $sign b)),
            ]),
        };
    };
}

comparison!(LESS_THAN, "lessThan", "less than", <, Lt, false);
comparison!(LESS_THAN_EQUAL, "lessThanEqual", "at most", <=, LtEq, true);
comparison!(GREATER_THAN, "greaterThan", "greater than", >, Gt, false);
comparison!(GREATER_THAN_EQUAL, "greaterThanEqual", "at least", >=, GtEq, true);
