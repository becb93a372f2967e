//! `pluck_int64`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::json::read::{Picked, member};
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `pluck_int64`
pub(crate) const PLUCK_INT64: Function = Function {
    name: "pluck_int64",
    family: Family::Json,
    doc: "Returns a member of the object that a JSON text holds when it is a whole number that fits, else 0.",
    example: Example {
        args: &[Datum::Text("{\"a\": 3}"), Datum::Text("a")],
        result: Datum::Int(3),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["json", "key"],
        &scalar2::<Str, Str, Int, _>(pluck_int64),
    )]),
};

fn pluck_int64(json: &str, key: &str) -> i64 {
    match member(json, key) {
        Some(Picked::Int(value)) => value,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const J: &str = r#"{"str_key": {"abc": "def"}, "int64_key": 34243242341, "float64_key": 123423.5234, "str_plain": "abc"}"#;

    #[test]
    fn vectors() {
        assert_eq!(pluck_int64(J, "int64_key"), 34_243_242_341);
        for (json, key) in [
            (J, "str_key"),
            (J, "float64_key"),
            (J, "str_plain"),
            ("x", "k"),
        ] {
            assert_eq!(pluck_int64(json, key), 0, "{key}");
        }
        assert_eq!(pluck_int64(r#"{"a":9223372036854775808}"#, "a"), 0);
        assert_eq!(pluck_int64(r#"{"a":-0}"#, "a"), 0);
    }
}
