//! `a and b`, `a or b` and `not a`

use crate::adapter::{scalar1, scalar2};
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::operators::native::{binary, not};
use crate::semantics::Semantics;
use crate::value::{Bool, Int};
use datafusion_expr::Operator;

/// `a and b`
pub(crate) const LOGICAL_AND: Function = Function {
    name: "logicalAnd",
    family: Family::Operators,
    doc: "Returns whether both are true; a whole number is true unless it is 0.",
    example: Example {
        args: &[Datum::Int(4), Datum::Int(0)],
        result: Datum::Bool(false),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Bool, Bool, Bool, _>(|a, b| a && b))
            .native(|args| binary(Operator::And, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Int, Int, Bool, _>(|a, b| a != 0 && b != 0),
        ),
    ]),
};

/// `a or b`
pub(crate) const LOGICAL_OR: Function = Function {
    name: "logicalOr",
    family: Family::Operators,
    doc: "Returns whether one or both are true; a whole number is true unless it is 0.",
    example: Example {
        args: &[Datum::Int(4), Datum::Int(0)],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[
        Overload::new(&["a", "b"], &scalar2::<Bool, Bool, Bool, _>(|a, b| a || b))
            .native(|args| binary(Operator::Or, args)),
        Overload::new(
            &["a", "b"],
            &scalar2::<Int, Int, Bool, _>(|a, b| a != 0 || b != 0),
        ),
    ]),
};

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
