//! `cql_opcode_name`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::name_or_number;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `cql_opcode_name`
pub(crate) const CQL_OPCODE_NAME: Function = Function {
    name: "cql_opcode_name",
    family: Family::Protocols,
    doc: "Returns the name of a CQL message by its opcode, or the number.",
    example: Example {
        args: &[Datum::Int(7)],
        result: Datum::Text("Query"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["opcode"], &scalar1::<Int, Str, _>(name))]),
};

const NAMES: &[(i64, &str)] = &[
    (0, "Error"),
    (1, "Startup"),
    (2, "Ready"),
    (3, "Authenticate"),
    (5, "Options"),
    (6, "Supported"),
    (7, "Query"),
    (8, "Result"),
    (9, "Prepare"),
    (10, "Execute"),
    (11, "Register"),
    (12, "Event"),
    (13, "Batch"),
    (14, "AuthChallenge"),
    (15, "AuthResponse"),
    (16, "AuthSuccess"),
];

fn name(code: i64) -> String {
    name_or_number(NAMES, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(name(7), "Query");
        assert_eq!(name(5), "Options");
        assert_eq!(name(4), "4");
        assert_eq!(name(9999), "9999");
        assert_eq!(name(1 << 32 | 7), "Query");
    }
}
