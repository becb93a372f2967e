//! `upid_to_unit`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;

/// `upid_to_unit`
pub(crate) const UPID_TO_UNIT: Function = Function {
    name: "upid_to_unit",
    family: Family::Metadata,
    doc: "Returns the systemd unit that a process runs in, or the empty text. An extension.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("nginx.service"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|_, process| process.unit.clone().unwrap_or_default()),
    )]),
};
