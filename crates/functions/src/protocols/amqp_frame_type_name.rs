//! `amqp_frame_type_name`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::name_or_number;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `amqp_frame_type_name`
pub(crate) const AMQP_FRAME_TYPE_NAME: Function = Function {
    name: "amqp_frame_type_name",
    family: Family::Protocols,
    doc: "Returns the name of a type of AMQP frames, or the number.",
    example: Example {
        args: &[Datum::Int(1)],
        result: Datum::Text("Frame method"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["frame_type"],
        &scalar1::<Int, Str, _>(name),
    )]),
};

const NAMES: &[(i64, &str)] = &[
    (1, "Frame method"),
    (2, "Content Header"),
    (3, "Content Body"),
    (8, "Heartbeat"),
];

fn name(code: i64) -> String {
    name_or_number(NAMES, code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(name(1), "Frame method");
        assert_eq!(name(2), "Content Header");
        assert_eq!(name(8), "Heartbeat");
        assert_eq!(name(4), "4");
        assert_eq!(name(1 << 32 | 8), "Heartbeat");
    }
}
