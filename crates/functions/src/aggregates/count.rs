//! `count`

use crate::aggregates::AggregateOverload;
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::Semantics;
use datafusion_expr::lit;
use datafusion_functions_aggregate::expr_fn;
use nixie_types::DataType;

/// `count`
pub(crate) const COUNT: Function = Function {
    name: "count",
    family: Family::Aggregates,
    doc: "Returns the number of rows; the values of the column do not matter.",
    example: Example {
        args: &[Datum::Int(3), Datum::Int(6), Datum::Int(10)],
        result: Datum::Int(3),
    },
    semantics: Semantics::None,
    body: Body::Aggregate(&[
        of(&[DataType::Boolean]),
        of(&[DataType::Int64]),
        of(&[DataType::UInt128]),
        of(&[DataType::Float64]),
        of(&[DataType::String]),
        of(&[DataType::Time64Ns]),
    ]),
};

const fn of(arg: &'static [DataType; 1]) -> AggregateOverload {
    // There are no nulls, so that the column need not be read.
    AggregateOverload::engine(arg, DataType::Int64, |_| expr_fn::count(lit(1_i64)))
}
