//! `mux_frame_type_name`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::{known, low_bits};
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `mux_frame_type_name`
pub(crate) const MUX_FRAME_TYPE_NAME: Function = Function {
    name: "mux_frame_type_name",
    family: Family::Protocols,
    doc: "Returns the name of a type of Mux messages, or `Unknown` and the number.",
    example: Example {
        args: &[Datum::Int(1)],
        result: Datum::Text("Treq"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["frame_type"],
        &scalar1::<Int, Str, _>(name),
    )]),
};

const NAMES: &[(i64, &str)] = &[
    (1, "Treq"),
    (-1, "Rreq"),
    (2, "Tdispatch"),
    (-2, "Rdispatch"),
    (64, "Tdrain"),
    (-64, "Rdrain"),
    (65, "Tping"),
    (-65, "Rping"),
    (66, "Tdiscarded"),
    (-66, "Rdiscarded"),
    (67, "Tlease"),
    (68, "Tinit"),
    (-68, "Rinit"),
    (-128, "Rerr"),
    (127, "Rerr (legacy)"),
    (-62, "Tdiscarded (legacy)"),
];

fn name(code: i64) -> String {
    let code = low_bits(code);
    known(NAMES, code).map_or_else(|| format!("Unknown ({code})"), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(name(1), "Treq");
        assert_eq!(name(-1), "Rreq");
        assert_eq!(name(68), "Tinit");
        assert_eq!(name(-68), "Rinit");
        assert_eq!(name(127), "Rerr (legacy)");
        assert_eq!(name(5), "Unknown (5)");
        assert_eq!(name(0xFFFF_FFFF), "Rreq");
        assert_eq!(name(1 << 32 | 5), "Unknown (5)");
    }
}
