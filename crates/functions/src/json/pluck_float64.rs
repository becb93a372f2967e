//! `pluck_float64`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::json::read::{Picked, member};
use crate::semantics::Semantics;
use crate::value::{Float, Str};

/// `pluck_float64`
pub(crate) const PLUCK_FLOAT64: Function = Function {
    name: "pluck_float64",
    family: Family::Json,
    doc: "Returns a member of the object that a JSON text holds when it is a number with a point or exponent, else 0.0; a whole number gives 0.0 too.",
    example: Example {
        args: &[Datum::Text("{\"a\": 1.5}"), Datum::Text("a")],
        result: Datum::Float(1.5),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["json", "key"],
        &scalar2::<Str, Str, Float, _>(pluck_float64),
    )]),
};

fn pluck_float64(json: &str, key: &str) -> f64 {
    match member(json, key) {
        Some(Picked::Float(value)) => value,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const J: &str = r#"{"str_key": {"abc": "def"}, "int64_key": 34243242341, "float64_key": 123423.5234, "str_plain": "abc"}"#;

    #[test]
    fn vectors() {
        assert_eq!(pluck_float64(J, "float64_key"), 123_423.523_4);
        for (json, key) in [
            (J, "str_key"),
            (J, "int64_key"),
            (J, "str_plain"),
            ("[]", "k"),
        ] {
            assert_eq!(pluck_float64(json, key), 0.0, "{key}");
        }
        assert!(pluck_float64(r#"{"a":-0}"#, "a").is_sign_positive());
        assert!(pluck_float64(r#"{"a":-0.0}"#, "a").is_sign_negative());
    }
}
