//! `min`

use crate::aggregates::{AggregateOverload, argument, extreme};
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
        AggregateOverload {
            arg: DataType::Int64,
            returns: DataType::Int64,
            build: |args| expr_fn::min(argument(args)),
            empty: Some(Datum::Int(i64::MAX)),
        },
        AggregateOverload {
            arg: DataType::Time64Ns,
            returns: DataType::Time64Ns,
            build: |args| expr_fn::min(argument(args)),
            empty: Some(Datum::Time(i64::MAX)),
        },
        // The engine lets NaN win.
        AggregateOverload {
            arg: DataType::Float64,
            returns: DataType::Float64,
            build: |args| extreme::min().call(args),
            empty: None,
        },
    ]),
};
