//! `mean`

use crate::aggregates::{AggregateOverload, argument};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::{MEASURES, Semantics};
use arrow::datatypes::DataType as ArrowType;
use datafusion_expr::cast;
use datafusion_functions_aggregate::expr_fn;
use nixie_types::DataType;

/// `mean`
pub(crate) const MEAN: Function = Function {
    name: "mean",
    family: Family::Aggregates,
    doc: "Returns the mean of a column as a float; a boolean counts as 0 or 1. The mean of no rows \
          is NaN.",
    example: Example {
        args: &[
            Datum::Int(3),
            Datum::Int(6),
            Datum::Int(10),
            Datum::Int(5),
            Datum::Int(2),
        ],
        result: Datum::Float(5.2),
    },
    semantics: Semantics::Inherit {
        of: MEASURES,
        from: 0,
    },
    body: Body::Aggregate(&[
        AggregateOverload {
            arg: DataType::Float64,
            returns: DataType::Float64,
            build: |args| expr_fn::avg(argument(args)),
            empty: Some(Datum::Float(f64::NAN)),
        },
        AggregateOverload {
            arg: DataType::Int64,
            returns: DataType::Float64,
            build: |args| expr_fn::avg(cast(argument(args), ArrowType::Float64)),
            empty: Some(Datum::Float(f64::NAN)),
        },
        AggregateOverload {
            arg: DataType::Boolean,
            returns: DataType::Float64,
            build: |args| {
                let number = cast(argument(args), ArrowType::Int64);
                expr_fn::avg(cast(number, ArrowType::Float64))
            },
            empty: Some(Datum::Float(f64::NAN)),
        },
    ]),
};
