//! `pluck`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::json::read::{Picked, member};
use crate::semantics::Semantics;
use crate::value::Str;

/// `pluck`
pub(crate) const PLUCK: Function = Function {
    name: "pluck",
    family: Family::Json,
    doc: "Returns a member of the object that a JSON text holds: text bare, all else as compact JSON, and the empty text when there is none, it is null, or the text is not an object.",
    example: Example {
        args: &[Datum::Text("{\"a\": {\"b\": 1}}"), Datum::Text("a")],
        result: Datum::Text("{\"b\":1}"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["json", "key"],
        &scalar2::<Str, Str, Str, _>(pluck),
    )]),
};

fn pluck(json: &str, key: &str) -> String {
    member(json, key).map(Picked::into_text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const J: &str = r#"{"str_key": {"abc": "def"}, "int64_key": 34243242341, "float64_key": 123423.5234, "str_plain": "abc"}"#;

    #[test]
    fn vectors() {
        for (json, key, want) in [
            (J, "str_key", r#"{"abc":"def"}"#),
            (J, "int64_key", "34243242341"),
            (J, "float64_key", "123423.5234"),
            (J, "str_plain", "abc"),
            (J, "blah", ""),
            (r#"{"a":null}"#, "a", ""),
            (r#"{"a":true}"#, "a", "true"),
            (r#"{"a":1e5}"#, "a", "100000.0"),
            (r#"{"a":-0}"#, "a", "0"),
            (r#"{"a":-0.0}"#, "a", "-0.0"),
        ] {
            assert_eq!(pluck(json, key), want, "{key}");
        }
    }
}
