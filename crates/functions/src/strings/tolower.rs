//! `tolower`

use crate::adapter::text1;
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
    body: Body::Scalar(&[Overload::new(&["text"], &text1::<Str, _>(tolower))]),
};

fn tolower(text: &str, out: &mut String) {
    out.push_str(text);
    out.make_ascii_lowercase();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_letters_change() {
        let mut out = String::new();
        tolower("pIXiE-éÉ", &mut out);
        assert_eq!(out, "pixie-éÉ");
    }
}
