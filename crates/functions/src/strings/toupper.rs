//! `toupper`

use crate::adapter::text1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;

/// `toupper`
pub(crate) const TOUPPER: Function = Function {
    name: "toupper",
    family: Family::Strings,
    doc: "Returns a text with ASCII letters in upper case.",
    example: Example {
        args: &[Datum::Text("pIXiE")],
        result: Datum::Text("PIXIE"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["text"], &text1::<Str, _>(toupper))]),
};

fn toupper(text: &str, out: &mut String) {
    out.push_str(text);
    out.make_ascii_uppercase();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ascii_letters_change() {
        let mut out = String::new();
        toupper("pIXiE-éÉ", &mut out);
        assert_eq!(out, "PIXIE-éÉ");
    }
}
