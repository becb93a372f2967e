//! `tolower`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;

/// `tolower`
pub(crate) const TOLOWER: Function = Function {
    name: "tolower",
    family: Family::Strings,
    doc: "Returns a text with ASCII letters in lower case.",
    example: Example {
        args: &[Datum::Text("pIXiE")],
        result: Datum::Text("pixie"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["text"],
        &scalar1::<Str, Str, _>(str::to_ascii_lowercase),
    )]),
};
