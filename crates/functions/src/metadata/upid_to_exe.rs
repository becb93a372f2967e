//! `upid_to_exe`

use crate::adapter::per_upid;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;

/// `upid_to_exe`
pub(crate) const UPID_TO_EXE: Function = Function {
    name: "upid_to_exe",
    family: Family::Metadata,
    doc: "Returns the path of the executable of a process. An extension.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("/usr/sbin/nginx"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &per_upid(|_, process| process.exe.clone()),
    )]),
};
