//! `replace`

use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::kernel::{Context, Input, Kernel};
use crate::regexes::compile;
use crate::row::Row;
use crate::semantics::Semantics;
use crate::udf::check_bytes;
use crate::value::{Str, Value};
use datafusion_common::Result;
use datafusion_expr::ColumnarValue;
use nixie_types::DataType;
use regex::Regex;

/// `replace`
pub(crate) const REPLACE: Function = Function {
    name: "replace",
    family: Family::Regexes,
    doc: "Returns a text with every match of a pattern replaced. In the replacement `\\\\0` to \
          `\\\\9` stand for groups of the match and `\\\\\\\\` for a backslash. The pattern must be \
          a literal. A pattern or replacement that is not valid gives a text that says so. The \
          syntax of patterns is that of RE2 without `\\\\C`.",
    example: Example {
        args: &[
            Datum::Text("([0-9]+)\\w+"),
            Datum::Text("123abcd 000chars 0asdf"),
            Datum::Text("\\1word"),
        ],
        result: Datum::Text("123word 000word 0word"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["pattern", "text", "replacement"], &Replace).literals(1)]),
};

/// Keeps the compiled pattern and the parsed replacement from row to row.
#[derive(Debug)]
struct Replace;

impl Kernel for Replace {
    fn args(&self) -> &'static [DataType] {
        <(Str, Str, Str)>::TYPES
    }

    fn returns(&self) -> DataType {
        DataType::String
    }

    fn invoke(&self, _: &Context, args: &[ColumnarValue], rows: usize) -> Result<ColumnarValue> {
        let inputs = Input::all(args)?;
        let columns = <(Str, Str, Str)>::columns(&inputs)?;
        let mut out = Str::builder(rows);
        let (mut text, mut made) = (String::new(), 0);
        let mut current: Option<(&str, &str, Result<Replacer<'_>, String>)> = None;
        for row in 0..rows {
            let (pattern, input, replacement) = <(Str, Str, Str)>::at(&columns, row);
            let ready = match current.take() {
                Some((known, with, ready)) if known == pattern && with == replacement => ready,
                _ => Replacer::new(pattern, replacement),
            };
            match &ready {
                Ok(replacer) => {
                    text.clear();
                    replacer.write(input, &mut text)?;
                    made += text.len();
                    check_bytes(REPLACE.name, made)?;
                    out.try_append_value(&text)?;
                }
                Err(error) => out.try_append_value(error)?,
            }
            current = Some((pattern, replacement, ready));
        }
        Ok(ColumnarValue::Array(Str::finish(out)))
    }
}

struct Replacer<'a> {
    pattern: Regex,
    parts: Vec<Part<'a>>,
    /// False if no part asks for a group, so that matches need not be taken apart.
    has_groups: bool,
}

impl<'a> Replacer<'a> {
    fn new(pattern: &str, replacement: &'a str) -> Result<Self, String> {
        let pattern =
            compile(pattern, false).map_err(|error| format!("Invalid regex expr: {error}"))?;
        let parts = parse(replacement, pattern.captures_len() - 1)
            .map_err(|error| format!("Invalid regex in substitution string: {error}"))?;
        let has_groups = parts.iter().any(|part| matches!(part, Part::Group(1..)));
        Ok(Self {
            pattern,
            parts,
            has_groups,
        })
    }

    fn write(&self, text: &str, out: &mut String) -> Result<()> {
        let mut done = 0;
        if self.has_groups {
            for captures in self.pattern.captures_iter(text) {
                let whole = captures.get_match();
                out.push_str(&text[done..whole.start()]);
                self.rewrite(out, |group| {
                    captures.get(group).map_or("", |group| group.as_str())
                })?;
                done = whole.end();
            }
        } else {
            for whole in self.pattern.find_iter(text) {
                out.push_str(&text[done..whole.start()]);
                self.rewrite(out, |_| whole.as_str())?;
                done = whole.end();
            }
        }
        out.push_str(&text[done..]);
        Ok(())
    }

    fn rewrite<'t>(&self, out: &mut String, group: impl Fn(usize) -> &'t str) -> Result<()> {
        for part in &self.parts {
            let text = match part {
                Part::Group(index) => group(*index),
                Part::Text(text) => text,
            };
            check_bytes(REPLACE.name, out.len() + text.len())?;
            out.push_str(text);
        }
        Ok(())
    }
}

#[derive(Debug)]
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
    fn no_replacement_makes_more_text_than_a_function_may() {
        let groups = "\\1".repeat(20_000);
        let replacer = Replacer::new("(x)", &groups).expect("a replacement");
        let mut out = String::new();
        let error = replacer
            .write(&"x".repeat(20_000), &mut out)
            .expect_err("too much text");
        assert!(
            error.to_string().contains("at most 268435456 are made"),
            "{error}"
        );
    }

    fn replace(pattern: &str, text: &str, replacement: &str) -> String {
        match Replacer::new(pattern, replacement) {
            Ok(replacer) => {
                let mut out = String::new();
                replacer.write(text, &mut out).expect("a short text");
                out
            }
            Err(error) => error,
        }
    }

    #[test]
    fn vectors() {
        let lines = "\nabcd\n1234\ntesttest\n";
        for (pattern, text, replacement, want) in [
            ("abc", "1abc 2abcd\t\n3abcd", "__", "1__ 2__d\t\n3__d"),
            ("\n", lines, "\t", "\tabcd\t1234\ttesttest\t"),
            ("\n", lines, "", "abcd1234testtest"),
            ("a.b", "a\nb", "x", "a\nb"),
            ("(a)", "a", "\\\\\\0", "\\a"),
            ("(a)(b)?", "ab a", "[\\1\\2]", "[ab] [a]"),
        ] {
            assert_eq!(replace(pattern, text, replacement), want, "{pattern}");
        }
    }

    #[test]
    fn what_is_not_valid_is_said_in_the_value() {
        // The pattern is looked at first.
        let bad = replace("\\K", "x", "\\");
        assert_eq!(bad, "Invalid regex expr: invalid escape sequence: \\K");
        let bad = replace("a{1001}", "a", "b");
        assert_eq!(bad, "Invalid regex expr: invalid repetition size: {1001}");
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
            let got = replace("(?P<numbers>[0-9]+)", "1", replacement);
            assert_eq!(got, format!("{start}{reason}"));
        }
    }
}
