//! `upid_to_string`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::{Str, UInt128};

/// `upid_to_string`
pub(crate) const UPID_TO_STRING: Function = Function {
    name: "upid_to_string",
    family: Family::Metadata,
    doc: "Returns an identity as `asid:pid:start`.",
    example: Example {
        args: &[Datum::UInt128(7 << 96 | 42 << 64 | 1000)],
        result: Datum::Text("7:42:1000"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["upid"],
        &scalar1::<UInt128, Str, _>(|upid| upid.to_string()),
    )]),
};
