//! `grpc_status_code_to_str`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::known;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `grpc_status_code_to_str`
pub(crate) const GRPC_STATUS_CODE_TO_STR: Function = Function {
    name: "grpc_status_code_to_str",
    family: Family::Protocols,
    doc: "Returns the name of a gRPC status code, or `unknown code`.",
    example: Example {
        args: &[Datum::Int(7)],
        result: Datum::Text("PERMISSION_DENIED"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["code"], &scalar1::<Int, Str, _>(name))]),
};

const NAMES: &[(i64, &str)] = &[
    (0, "OK"),
    (1, "CANCELLED"),
    (2, "UNKNOWN"),
    (3, "INVALID_ARGUMENT"),
    (4, "DEADLINE_EXCEEDED"),
    (5, "NOT_FOUND"),
    (6, "ALREADY_EXISTS"),
    (7, "PERMISSION_DENIED"),
    (8, "RESOURCE_EXHAUSTED"),
    (9, "FAILED_PRECONDITION"),
    (10, "ABORTED"),
    (11, "OUT_OF_RANGE"),
    (12, "UNIMPLEMENTED"),
    (13, "INTERNAL"),
    (14, "UNAVAILABLE"),
    (15, "DATA_LOSS"),
    (16, "UNAUTHENTICATED"),
    (-1, "DO_NOT_USE"),
];

fn name(code: i64) -> String {
    known(NAMES, code).map_or_else(|| "unknown code".to_owned(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(name(0), "OK");
        assert_eq!(name(7), "PERMISSION_DENIED");
        assert_eq!(name(-1), "DO_NOT_USE");
        assert_eq!(name(42), "unknown code");
    }
}
