//! `replace`

use crate::adapter::prepared3;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::regexes::compile;
use crate::semantics::Semantics;
use crate::value::Str;
use regex::{Captures, Regex};

/// `replace`
pub(crate) const REPLACE: Function = Function {
    name: "replace",
    family: Family::Regexes,
    doc: "Returns a text with every match of a pattern replaced. In the replacement `\\\\0` to \
          `\\\\9` stand for groups of the match and `\\\\\\\\` for a backslash. The pattern must be \
          a literal. A pattern or replacement that is not valid gives a text that says so.",
    example: Example {
        args: &[
            Datum::Text("([0-9]+)\\w+"),
            Datum::Text("123abcd 000chars 0asdf"),
            Datum::Text("\\1word"),
        ],
        result: Datum::Text("123word 000word 0word"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(
        &["pattern", "text", "replacement"],
        &prepared3::<0, Str, _, _>(prepare, replace),
    )
    .literals(1)]),
};

fn prepare(pattern: &str) -> Result<Regex, String> {
    compile(pattern, false).map_err(|error| {
        let text = error.to_string();
        let reason = text.lines().last().unwrap_or_default();
        format!(
            "Invalid regex expr: {}",
            reason.trim_start_matches("error: ")
        )
    })
}

fn replace(pattern: &Result<Regex, String>, text: &str, replacement: &str) -> String {
    let pattern = match pattern {
        Ok(pattern) => pattern,
        Err(error) => return error.clone(),
    };
    let parts = match parse(replacement, pattern.captures_len() - 1) {
        Ok(parts) => parts,
        Err(error) => return format!("Invalid regex in substitution string: {error}"),
    };
    let rewrite = |captures: &Captures<'_>| {
        let mut out = String::new();
        for part in &parts {
            match part {
                Part::Group(index) => {
                    out.push_str(captures.get(*index).map_or("", |group| group.as_str()));
                }
                Part::Text(text) => out.push_str(text),
            }
        }
        out
    };
    pattern.replace_all(text, rewrite).into_owned()
}

enum Part<'a> {
    Group(usize),
    Text(&'a str),
}

fn parse(replacement: &str, groups: usize) -> Result<Vec<Part<'_>>, String> {
    let mut parts = Vec::new();
    let mut rest = replacement;
    while let Some(at) = rest.find('\\') {
        parts.push(Part::Text(&rest[..at]));
        let after = &rest[at + 1..];
        match after.bytes().next() {
            Some(digit @ b'0'..=b'9') => {
                let index = usize::from(digit - b'0');
                if index > groups {
                    return Err(format!(
                        "Rewrite schema requests {index} matches, but the regexp only has {groups} \
                         parenthesized subexpressions."
                    ));
                }
                parts.push(Part::Group(index));
            }
            Some(b'\\') => parts.push(Part::Text("\\")),
            Some(_) => {
                return Err(
                    "Rewrite schema error: '\\' must be followed by a digit or '\\'.".to_owned(),
                );
            }
            None => return Err("Rewrite schema error: '\\' not allowed at end.".to_owned()),
        }
        rest = &after[1..];
    }
    parts.push(Part::Text(rest));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        for (pattern, text, replacement, want) in [
            ("abc", "1abc 2abcd\t\n3abcd", "__", "1__ 2__d\t\n3__d"),
            ("\n", "\nabcd\n1234\n", "\t", "\tabcd\t1234\t"),
            ("\n", "\nabcd\n1234\n", "", "abcd1234"),
            ("a.b", "a\nb", "x", "a\nb"),
            ("(a)", "a", "\\\\\\0", "\\a"),
        ] {
            assert_eq!(
                replace(&prepare(pattern), text, replacement),
                want,
                "{pattern}"
            );
        }
    }

    #[test]
    fn what_is_not_valid_is_said_in_the_value() {
        let bad = replace(&prepare("\\K"), "x", "");
        assert_eq!(bad, "Invalid regex expr: unrecognized escape sequence");
        let start = "Invalid regex in substitution string: Rewrite schema";
        for (replacement, reason) in [
            (
                "\\g<numbers>word",
                " error: '\\' must be followed by a digit or '\\'.",
            ),
            ("x\\", " error: '\\' not allowed at end."),
            (
                "\\2",
                " requests 2 matches, but the regexp only has 1 parenthesized subexpressions.",
            ),
        ] {
            let got = replace(&prepare("([0-9]+)"), "1", replacement);
            assert_eq!(got, format!("{start}{reason}"));
        }
    }
}
