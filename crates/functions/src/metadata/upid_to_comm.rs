//! `upid_to_comm`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;

/// `upid_to_comm`
pub(crate) const UPID_TO_COMM: Function = Function {
    name: "upid_to_comm",
    family: Family::Metadata,
    doc: "Returns the name of the main thread of a process, at most 15 bytes. An extension.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("nginx"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|_, process| process.comm.clone()),
    )]),
};
