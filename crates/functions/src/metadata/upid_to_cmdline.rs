//! `upid_to_cmdline`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;

/// `upid_to_cmdline`
pub(crate) const UPID_TO_CMDLINE: Function = Function {
    name: "upid_to_cmdline",
    family: Family::Metadata,
    doc: "Returns the command line of a process.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("nginx -g off"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|_, process| process.cmdline.clone()),
    )]),
};
