//! `toupper`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;

/// `toupper`
pub(crate) const TOUPPER: Function = Function {
    name: "toupper",
    family: Family::Strings,
    doc: "Returns a text with ASCII letters in upper case.",
    example: Example {
        args: &[Datum::Text("pIXiE")],
        result: Datum::Text("PIXIE"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["text"],
        &scalar1::<Str, Str, _>(str::to_ascii_uppercase),
    )]),
};
