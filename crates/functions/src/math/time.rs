//! `time_to_int64`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, Time};

/// `time_to_int64`
pub(crate) const TIME_TO_INT64: Function = Function {
    name: "time_to_int64",
    family: Family::Math,
    doc: "Returns a time as nanoseconds since 1970.",
    example: Example {
        args: &[Datum::Time(5)],
        result: Datum::Int(5),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["time"],
        &scalar1::<Time, Int, _>(|a: i64| a),
    )]),
};

/// `int64_to_time`
pub(crate) const INT64_TO_TIME: Function = Function {
    name: "int64_to_time",
    family: Family::Math,
    doc: "Returns nanoseconds since 1970 as a time.",
    example: Example {
        args: &[Datum::Int(5)],
        result: Datum::Time(5),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["ns"], &scalar1::<Int, Time, _>(|a: i64| a))]),
};
