//! `sum`

use crate::aggregates::AggregateOverload;
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::{SUMMABLE, Semantics};
use arrow::datatypes::DataType as ArrowType;
use datafusion_functions_aggregate::expr_fn;
use nixie_types::DataType;

/// `sum`
pub(crate) const SUM: Function = Function {
    name: "sum",
    family: Family::Aggregates,
    doc: "Returns the sum of a column; of booleans the number that are true. Whole numbers wrap \
          around. The sum of no rows is 0.",
    example: Example {
        args: &[Datum::Bool(false), Datum::Bool(true), Datum::Bool(true)],
        result: Datum::Int(2),
    },
    semantics: Semantics::Inherit {
        of: SUMMABLE,
        from: 0,
    },
    body: Body::Aggregate(&[
        AggregateOverload::engine(&[DataType::Int64], DataType::Int64, expr_fn::sum)
            .empty(Datum::Int(0)),
        AggregateOverload::engine(&[DataType::Float64], DataType::Float64, expr_fn::sum)
            .empty(Datum::Float(0.0)),
        AggregateOverload::engine(&[DataType::Boolean], DataType::Int64, expr_fn::sum)
            .converts(&ArrowType::Int64)
            .empty(Datum::Int(0)),
    ]),
};
