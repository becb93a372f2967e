//! `min`

use crate::aggregates::{AggregateOverload, extreme};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::{MEASURES, Semantics};
use datafusion_functions_aggregate::expr_fn;
use nixie_types::DataType;

/// `min`
pub(crate) const MIN: Function = Function {
    name: "min",
    family: Family::Aggregates,
    doc: "Returns the smallest value of a column; NaN is passed over.",
    example: Example {
        args: &[Datum::Int(3), Datum::Int(6), Datum::Int(10)],
        result: Datum::Int(3),
    },
    semantics: Semantics::Inherit {
        of: MEASURES,
        from: 0,
    },
    body: Body::Aggregate(&[
        AggregateOverload::engine(&[DataType::Int64], DataType::Int64, expr_fn::min)
            .empty(Datum::Int(i64::MAX)),
        AggregateOverload::engine(&[DataType::Time64Ns], DataType::Time64Ns, expr_fn::min)
            .empty(Datum::Time(i64::MAX)),
        // The engine lets NaN win.
        AggregateOverload::own(
            &["column"],
            &[DataType::Float64],
            DataType::Float64,
            extreme::min,
        ),
    ]),
};
