//! `sum`

use crate::aggregates::{AggregateOverload, argument};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::{SUMMABLE, Semantics};
use arrow::datatypes::DataType as ArrowType;
use datafusion_expr::cast;
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
        AggregateOverload {
            arg: DataType::Int64,
            returns: DataType::Int64,
            build: |args| expr_fn::sum(argument(args)),
            empty: Some(Datum::Int(0)),
        },
        AggregateOverload {
            arg: DataType::Float64,
            returns: DataType::Float64,
            build: |args| expr_fn::sum(argument(args)),
            empty: Some(Datum::Float(0.0)),
        },
        AggregateOverload {
            arg: DataType::Boolean,
            returns: DataType::Int64,
            build: |args| expr_fn::sum(cast(argument(args), ArrowType::Int64)),
            empty: Some(Datum::Int(0)),
        },
    ]),
};
