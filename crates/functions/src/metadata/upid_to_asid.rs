//! `upid_to_asid`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, UInt128};
use nixie_types::SemanticType;

/// `upid_to_asid`
pub(crate) const UPID_TO_ASID: Function = Function {
    name: "upid_to_asid",
    family: Family::Metadata,
    doc: "Returns the short id of the agent that saw a process.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Int(7),
    },
    semantics: Semantics::Always(SemanticType::Asid),
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &scalar1::<UInt128, Int, _>(|upid| i64::from(upid.asid)),
    )]),
};
