//! `upid_to_pid`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Int, UInt128};

/// `upid_to_pid`
pub(crate) const UPID_TO_PID: Function = Function {
    name: "upid_to_pid",
    family: Family::Metadata,
    doc: "Returns the process id.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Int(42),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &scalar1::<UInt128, Int, _>(|upid| i64::from(upid.pid)),
    )]),
};
