//! `mean`

use crate::aggregates::AggregateOverload;
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::{MEASURES, Semantics};
use arrow::datatypes::DataType as ArrowType;
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
        AggregateOverload::engine(&[DataType::Float64], DataType::Float64, expr_fn::avg)
            .empty(Datum::Float(f64::NAN)),
        AggregateOverload::engine(&[DataType::Int64], DataType::Float64, expr_fn::avg)
            .converts(&ArrowType::Float64)
            .empty(Datum::Float(f64::NAN)),
        AggregateOverload::engine(&[DataType::Boolean], DataType::Float64, expr_fn::avg)
            .converts(&ArrowType::Float64)
            .empty(Datum::Float(f64::NAN)),
    ]),
};
