//! `asid`

use crate::adapter::scalar0;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Int;
use nixie_types::SemanticType;

/// `asid`
pub(crate) const ASID: Function = Function {
    name: "asid",
    family: Family::Metadata,
    doc: "Returns the short id of the agent that runs the function.",
    example: Example {
        args: &[],
        result: Datum::Int(7),
    },
    semantics: Semantics::Always(SemanticType::Asid),
    body: Body::Scalar(&[Overload::new(
        &[],
        &scalar0::<Int, _>(|context| i64::from(context.metadata.asid())),
    )]),
};
