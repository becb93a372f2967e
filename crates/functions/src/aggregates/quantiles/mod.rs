//! `quantiles`

mod accumulator;
mod digest;

use crate::aggregates::{AggregateOverload, argument};
use crate::function::{Body, Datum, Example, Family, Function};
use crate::semantics::Semantics;
use accumulator::{Groups, Single};
use arrow::datatypes::{DataType as ArrowType, Field, FieldRef};
use datafusion_common::Result;
use datafusion_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GroupsAccumulator, Signature, Volatility, cast,
};
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
        AggregateOverload {
            arg: DataType::Float64,
            returns: DataType::String,
            build: |args| udaf().call(args),
            empty: None,
        },
        AggregateOverload {
            arg: DataType::Int64,
            returns: DataType::String,
            build: |args| udaf().call(vec![cast(argument(args), ArrowType::Float64)]),
            empty: None,
        },
    ]),
};

static UDAF: LazyLock<Arc<AggregateUDF>> = LazyLock::new(|| {
    let signature = Signature::exact(vec![ArrowType::Float64], Volatility::Immutable);
    Arc::new(AggregateUDF::from(Quantiles { signature }))
});

/// Returns the engine's form.
pub(crate) fn udaf() -> Arc<AggregateUDF> {
    Arc::clone(&UDAF)
}

/// Returns the field of a partial state of one column.
pub(crate) fn state_field(
    args: &StateFieldsArgs<'_>,
    data_type: ArrowType,
) -> Result<Vec<FieldRef>> {
    Ok(vec![Arc::new(Field::new(
        format!("{}[state]", args.name),
        data_type,
        true,
    ))])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Quantiles {
    signature: Signature,
}

impl AggregateUDFImpl for Quantiles {
    fn name(&self) -> &str {
        "px_quantiles"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[ArrowType]) -> Result<ArrowType> {
        Ok(ArrowType::Utf8View)
    }

    fn accumulator(&self, _: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(Single::default()))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        state_field(&args, ArrowType::Binary)
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs<'_>) -> bool {
        true
    }

    fn create_groups_accumulator(
        &self,
        _: AccumulatorArgs<'_>,
    ) -> Result<Box<dyn GroupsAccumulator>> {
        Ok(Box::new(Groups::default()))
    }
}
