//! `upid_to_container_id`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;

/// `upid_to_container_id`
pub(crate) const UPID_TO_CONTAINER_ID: Function = Function {
    name: "upid_to_container_id",
    family: Family::Metadata,
    doc: "Returns the id of the container that a process runs in, or the empty text.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("c0ffee"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|_, process| process.container_id.clone().unwrap_or_default()),
    )]),
};
