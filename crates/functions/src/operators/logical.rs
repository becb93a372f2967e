//! `a and b`, `a or b` and `not a`

use crate::adapter::{scalar1, scalar2};
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::native::{binary, not};
use crate::semantics::Semantics;
use crate::value::{Bool, Int};
use datafusion_expr::Operator;

macro_rules! junction {
    ($constant:ident, $name:literal, $word:literal, $says:literal, $sign:tt, $operator:ident, $result:literal) => {
        #[doc = concat!("`a ", $word, " b`")]
        pub(crate) const $constant: Function = Function {
            name: $name,
            family: Family::Operators,
            doc: concat!(
                "Returns whether ",
                $says,
                " true; a whole number is true unless it is 0.",
            ),
            example: Example {
                args: &[Datum::Int(4), Datum::Int(0)],
                result: Datum::Bool($result),
            },
            semantics: Semantics::None,
            body: Body::Scalar(&[
                Overload::new(&["a", "b"], &scalar2::<Bool, Bool, Bool, _>(|a, b| a $sign b))
                    .native(|args| binary(Operator::$operator, args)),
                Overload::new(
                    &["a", "b"],
                    &scalar2::<Int, Int, Bool, _>(|a, b| a != 0 $sign b != 0),
                ),
            ]),
        };
    };
}

junction!(LOGICAL_AND, "logicalAnd", "and", "both are", &&, And, false);
junction!(LOGICAL_OR, "logicalOr", "or", "one or both are", ||, Or, true);

/// `not a`
pub(crate) const LOGICAL_NOT: Function = Function {
    name: "logicalNot",
    family: Family::Operators,
    doc: "Returns the opposite; a whole number is true unless it is 0.",
    example: Example {
        args: &[Datum::Int(4)],
        result: Datum::Bool(false),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a"], &scalar1::<Bool, Bool, _>(|a: bool| !a)).native(not),
        Overload::new(&["a"], &scalar1::<Int, Bool, _>(|a: i64| a == 0)),
    ]),
};
