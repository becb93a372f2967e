//! `quantiles`

mod digest;

use crate::aggregates::{AggregateOverload, udaf};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::Semantics;
use arrow::datatypes::DataType as ArrowType;
use datafusion_expr::AggregateUDF;
use digest::Digest;
use nixie_types::{DataType, SemanticType};
use std::sync::{Arc, LazyLock};

/// `quantiles`
pub(crate) const QUANTILES: Function = Function {
    name: "quantiles",
    family: Family::Aggregates,
    doc: "Returns estimates of the 1st, 10th, 25th, 50th, 75th, 90th and 99th percentile of a \
          column as JSON, from a merging t-digest. Up to about 1,270 values they are exact \
          midpoints; the tails stay accurate beyond. NaN is passed over, and no values give zeros.",
    example: Example {
        args: &[
            Datum::Int(100),
            Datum::Int(200),
            Datum::Int(300),
            Datum::Int(400),
        ],
        result: Datum::Text(
            "{\"p01\":100.0,\"p10\":100.0,\"p25\":150.0,\"p50\":250.0,\"p75\":350.0,\
             \"p90\":400.0,\"p99\":400.0}",
        ),
    },
    semantics: Semantics::Rules(&[
        (
            &[SemanticType::DurationNs],
            SemanticType::DurationNsQuantiles,
        ),
        (&[SemanticType::None], SemanticType::Quantiles),
    ]),
    body: Body::Aggregate(&[
        AggregateOverload::own(
            &["column"],
            &[DataType::Float64],
            DataType::String,
            quantiles,
        ),
        AggregateOverload::own(&["column"], &[DataType::Int64], DataType::String, quantiles)
            .converts(&ArrowType::Float64),
    ]),
};

static UDAF: LazyLock<Arc<AggregateUDF>> = LazyLock::new(udaf::<Digest>);

fn quantiles() -> Arc<AggregateUDF> {
    Arc::clone(&UDAF)
}
