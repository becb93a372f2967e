//! `upid_to_start_ts`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Time, UInt128};

/// `upid_to_start_ts`
pub(crate) const UPID_TO_START_TS: Function = Function {
    name: "upid_to_start_ts",
    family: Family::Metadata,
    doc: "Returns the start time as it is held in the identity: clock ticks since boot.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Time(1000),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &scalar1::<UInt128, Time, _>(|upid| upid.start_ticks.cast_signed()),
    )]),
};
