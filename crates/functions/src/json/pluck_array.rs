//! `pluck_array`

use crate::adapter::scalar2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::json::read::{Picked, element};
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `pluck_array`
pub(crate) const PLUCK_ARRAY: Function = Function {
    name: "pluck_array",
    family: Family::Json,
    doc: "Returns an element of the array that a JSON text holds, as `pluck` does for members; positions count from 0.",
    example: Example {
        args: &[Datum::Text("[\"foo\", {\"a\": 1}]"), Datum::Int(1)],
        result: Datum::Text("{\"a\":1}"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["json", "index"],
        &scalar2::<Str, Int, Str, _>(pluck_array),
    )]),
};

fn pluck_array(json: &str, index: i64) -> String {
    let Ok(index) = usize::try_from(index) else {
        return String::new();
    };
    element(json, index)
        .map(Picked::into_text)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        let json = r#"["foo", "bar", {"pixie":"labs"}]"#;
        for (index, want) in [(2, r#"{"pixie":"labs"}"#), (0, "foo"), (3, ""), (-1, "")] {
            assert_eq!(pluck_array(json, index), want);
        }
        assert_eq!(pluck_array(r#"{"a":1}"#, 0), "");
        assert_eq!(pluck_array("[-0, -0.0]", 0), "0");
        assert_eq!(pluck_array("[-0, -0.0]", 1), "-0.0");
    }
}
