//! `upid`

use crate::adapter::scalar3;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::metadata::lookup::per_row;
use crate::semantics::Semantics;
use crate::value::{Int, UInt128};
use nixie_types::{SemanticType, Upid};

/// `upid`
pub(super) const FUNCTIONS: &[Function] = &[Function {
    name: "upid",
    family: Family::Metadata,
    doc: "Returns the identity of a process from the agent's short id, the process id and the start time; without the first it is that of this agent.",
    example: Example {
        args: &[Datum::Int(7), Datum::Int(42), Datum::Int(1000)],
        result: Datum::UInt128(7 << 96 | 42 << 64 | 1000),
    },
    semantics: Semantics::Always(SemanticType::Upid),
    body: Body::Scalar(&[
        Overload::new(
            &["pid", "start"],
            &per_row::<Int, Int, UInt128, _>(|view, pid, start| {
                upid(i64::from(view.metadata.asid()), pid, start)
            }),
        ),
        Overload::new(
            &["asid", "pid", "start"],
            &scalar3::<Int, Int, Int, UInt128, _>(upid),
        ),
    ]),
}];

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the parts are defined as the low bits"
)]
const fn upid(asid: i64, pid: i64, start: i64) -> Upid {
    Upid {
        asid: asid as u32,
        pid: pid as u32,
        start_ticks: start as u64,
    }
}
