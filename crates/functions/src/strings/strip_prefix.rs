//! `strip_prefix`

use crate::adapter::slice2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::semantics::Semantics;
use crate::value::Str;

/// `strip_prefix`
pub(crate) const STRIP_PREFIX: Function = Function {
    name: "strip_prefix",
    family: Family::Strings,
    doc: "Returns a text without a prefix, unchanged when it does not start with it. The prefix comes first.",
    example: Example {
        args: &[Datum::Text("sock-shop/"), Datum::Text("sock-shop/carts")],
        result: Datum::Text("carts"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["prefix", "text"],
        &slice2::<Str, _>(strip_prefix),
    )]),
};

fn strip_prefix<'a>(prefix: &str, text: &'a str) -> &'a str {
    text.strip_prefix(prefix).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(strip_prefix("sock-shop/carts", "sock-shop/carts"), "");
        assert_eq!(
            strip_prefix("sock-shop/carts123", "sock-shop/carts"),
            "sock-shop/carts"
        );
    }
}
