//! `regex_match`

use crate::adapter::prepared2;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::regexes::compile;
use crate::semantics::Semantics;
use crate::value::Bool;
use datafusion_common::Result;
use regex::Regex;

/// `regex_match`
pub(crate) const REGEX_MATCH: Function = Function {
    name: "regex_match",
    family: Family::Regexes,
    doc: "Returns whether a pattern matches the whole of a text; `.` matches line breaks too. The \
          pattern must be a literal. One that is not valid matches nothing. The syntax is that of \
          RE2 without `\\C`.",
    example: Example {
        args: &[Datum::Text("abcd.*"), Datum::Text("abcdefg")],
        result: Datum::Bool(true),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["pattern", "text"],
        &prepared2::<0, Bool, _, _>(prepare, matches),
    )
    .literals(1)]),
};

fn prepare(pattern: &str) -> Result<Option<Regex>> {
    Ok(whole(pattern))
}

/// Returns an expression that matches whole texts only; none if the pattern is not valid.
pub(super) fn whole(pattern: &str) -> Option<Regex> {
    // Compiled alone first, so that `a)(b` is not made valid by the group around it.
    compile(pattern, true).ok()?;
    compile(&format!("\\A(?:{pattern})\\z"), true).ok()
}

fn matches(pattern: &Option<Regex>, text: &str) -> bool {
    pattern
        .as_ref()
        .is_some_and(|pattern| pattern.is_match(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (pattern, text, want) in [
            ("abcd.*", "abce", false),
            (".*", "abcd\nefg", true),
            ("\\K", "K", false),
            ("abc", "abcd", false),
            ("a|ab", "ab", true),
            ("a)(b", "ab", false),
            ("(?i)ABC", "abc", true),
            ("a{,2}", "a{,2}", true),
            (r"\Qa.b\E+", "a.bb", true),
            (r"\w+", "é", false),
            ("a{1001}|b", "b", false),
            ("a{01}", "a{01}", true),
            ("a**", "a", false),
            (r"\C", "a", false),
        ] {
            assert_eq!(matches(&whole(pattern), text), want, "{pattern}");
        }
    }
}
