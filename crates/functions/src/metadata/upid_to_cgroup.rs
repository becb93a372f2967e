//! `upid_to_cgroup`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;

/// `upid_to_cgroup`
pub(crate) const UPID_TO_CGROUP: Function = Function {
    name: "upid_to_cgroup",
    family: Family::Metadata,
    doc: "Returns the path of the cgroup that a process runs in. An extension.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("/system.slice/nginx.service"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|_, process| process.cgroup.clone()),
    )]),
};
