//! `_exec_hostname`

use crate::adapter::scalar0;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;

/// `_exec_hostname`
pub(crate) const EXEC_HOSTNAME: Function = Function {
    name: "_exec_hostname",
    family: Family::Metadata,
    doc: "Returns the name of the host that runs the function.",
    example: Example {
        args: &[],
        result: Datum::Text("example-host"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &[],
        &scalar0::<Str, _>(|context| context.metadata.hostname().to_owned()),
    )]),
};
