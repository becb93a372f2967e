//! `max`

use crate::aggregates::{AggregateOverload, extreme};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::{MEASURES, Semantics};
use datafusion_functions_aggregate::expr_fn;
use nixie_types::DataType;

/// `max`
pub(crate) const MAX: Function = Function {
    name: "max",
    family: Family::Aggregates,
    doc: "Returns the largest value of a column; NaN is passed over.",
    example: Example {
        args: &[Datum::Int(3), Datum::Int(6), Datum::Int(10)],
        result: Datum::Int(10),
    },
    semantics: Semantics::Inherit {
        of: MEASURES,
        from: 0,
    },
    body: Body::Aggregate(&[
        AggregateOverload::engine(&[DataType::Int64], DataType::Int64, expr_fn::max)
            .empty(Datum::Int(i64::MIN)),
        AggregateOverload::engine(&[DataType::Time64Ns], DataType::Time64Ns, expr_fn::max)
            .empty(Datum::Time(i64::MIN)),
        // The engine lets NaN win.
        AggregateOverload::own(
            &["column"],
            &[DataType::Float64],
            DataType::Float64,
            extreme::max,
        ),
    ]),
};
