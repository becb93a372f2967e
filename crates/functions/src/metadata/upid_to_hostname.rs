//! `upid_to_hostname`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;

/// `upid_to_hostname`
pub(crate) const UPID_TO_HOSTNAME: Function = Function {
    name: "upid_to_hostname",
    family: Family::Metadata,
    doc: "Returns the name of the host that a process runs on.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("example-host"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|context, _| context.metadata.hostname().to_owned()),
    )]),
};
