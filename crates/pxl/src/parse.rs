//! Turns text into a syntax tree.
//!
//! The grammar is Python's. One missing comma in an argument list is accepted when a keyword
//! argument follows, since scripts in use depend on it.

use crate::diagnostics::{Checked, Diagnostics, Problem, Reported};
use crate::{literals, nesting};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::visitor::{Visitor, walk_expr};
use ruff_python_ast::{Expr, ModModule, PySourceType, Stmt};
use ruff_python_parser::{LexicalErrorType, ParseError, ParseErrorType, parse_unchecked_source};
use ruff_text_size::{Ranged, TextRange, TextSize};
use std::collections::HashMap;

/// Parses a script; several syntax errors are reported at once.
pub(crate) fn parse(source: &str, diagnostics: &mut Diagnostics<'_>) -> Checked<ModModule> {
    if source.trim().is_empty() {
        return Err(
            diagnostics.report_nowhere(Problem::new("empty-script", "query should not be empty"))
        );
    }
    if let Err((range, problem)) = nesting::check(source) {
        return Err(diagnostics.report(range, problem));
    }
    let text = nesting::older_forms(source);
    let parsed = parse_unchecked_source(&text, PySourceType::Python);
    let accepted = missing_commas(parsed.errors(), parsed.suite());
    let mut failed = None;
    let mut last_line = None;
    for error in parsed.errors() {
        let start = error.location.start();
        // What follows an error on the same line is mostly its echo.
        let line = source[..start.to_usize().min(source.len())]
            .matches('\n')
            .count();
        if accepted.contains(&start) || last_line == Some(line) {
            continue;
        }
        last_line = Some(line);
        failed = Some(report(error, source, diagnostics));
    }
    if let Some(reported) = failed {
        return Err(reported);
    }
    let mut module = parsed.into_syntax();
    literals::decode(source, &mut module);
    if module.body.is_empty() {
        return Err(diagnostics.report_nowhere(Problem::new(
            "empty-script",
            "no runnable code found in the script",
        )));
    }
    Ok(module)
}

fn report(error: &ParseError, source: &str, diagnostics: &mut Diagnostics<'_>) -> Reported {
    if let ParseErrorType::Lexical(LexicalErrorType::Eof) = error.error
        && let Some(open) = nesting::unclosed(source)
    {
        let message = format!("`{}` is never closed", &source[open..=open]);
        let at = TextSize::try_from(open).unwrap_or_default();
        let range = TextRange::at(at, TextSize::new(1));
        return diagnostics.report(range, Problem::new("syntax", message));
    }
    let start = error.location.start().to_usize().min(source.len());
    let start = source.floor_char_boundary(start);
    let text = match &error.error {
        ParseErrorType::Lexical(error) if error.to_string().contains("ParseIntError") => {
            "expected digits behind the prefix of a number".to_owned()
        }
        error => error.to_string(),
    };
    let mut message = String::with_capacity(text.len());
    let mut chars = text.chars();
    message.extend(chars.next().map(|first| first.to_ascii_lowercase()));
    message.extend(chars);
    let mut problem = Problem::new("syntax", message.trim_end_matches('.'));
    let line = source[..start].lines().next_back().unwrap_or_default();
    if matches!(line.trim(), "exec" | "print") {
        problem = problem.help("PxL has no such statement; show a DataFrame by `px.display(df)`");
    }
    // An error at a line's end points behind its last character.
    let trimmed = source[..start].trim_end().len();
    let range = match error.error {
        ParseErrorType::ExpectedToken {
            found: TokenKind::Newline | TokenKind::EndOfFile,
            ..
        } => TextRange::empty(TextSize::try_from(trimmed).unwrap_or_default()),
        _ => error.location,
    };
    diagnostics.report(range, problem)
}

/// Returns the places of missing commas that are accepted: one for each call, before a keyword.
fn missing_commas(errors: &[ParseError], body: &[Stmt]) -> Vec<TextSize> {
    let is_missing = |error: &&ParseError| {
        matches!(
            error.error,
            ParseErrorType::ExpectedToken {
                expected: TokenKind::Comma,
                ..
            }
        )
    };
    let places: Vec<_> = errors
        .iter()
        .filter(is_missing)
        .map(|e| e.location.start())
        .collect();
    if places.is_empty() {
        return places;
    }
    let mut keywords = Keywords {
        calls: HashMap::new(),
    };
    for stmt in body {
        keywords.visit_stmt(stmt);
    }
    let mut seen = Vec::new();
    let mut accept = |place: &TextSize| match keywords.calls.get(place) {
        Some(call) if !seen.contains(call) => {
            seen.push(*call);
            true
        }
        _ => false,
    };
    places
        .iter()
        .copied()
        .filter(|place| accept(place))
        .collect()
}

/// The call that each keyword argument belongs to, both by their places.
struct Keywords {
    calls: HashMap<TextSize, TextRange>,
}

impl<'a> Visitor<'a> for Keywords {
    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Call(call) = expr {
            for keyword in &call.arguments.keywords {
                if keyword.arg.is_some() {
                    self.calls.insert(keyword.start(), call.arguments.range);
                }
            }
        }
        walk_expr(self, expr);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(source: &str) -> Vec<String> {
        let mut diagnostics = Diagnostics::new(source);
        let result = parse(source, &mut diagnostics);
        let list = diagnostics.finish();
        assert_eq!(result.is_err(), !list.is_empty());
        list.iter()
            .map(|d| format!("{}:{} {}", d.line, d.column, d.message))
            .collect()
    }

    #[test]
    fn one_missing_comma_before_a_keyword_is_accepted() {
        let none: [&str; 0] = [];
        assert_eq!(errors("f(a=1 b=2, c=3)"), none);
        assert_eq!(errors("f(1 b=2)"), none);
        assert_eq!(errors("f(g(1 b=2) c=3)"), none);
        assert_eq!(errors("f(a=1 b=2 c=3)").len(), 1);
        assert_eq!(errors("f(1 2)").len(), 1);
    }

    #[test]
    fn older_forms_are_accepted() {
        let none: [&str; 0] = [];
        assert_eq!(errors("x = a <> b"), none);
        assert_eq!(errors("x = 10L + 0l"), none);
        assert_eq!(errors("x = '<> 1L' # 1L <>"), none);
        assert_eq!(errors("x = a < > b").len(), 1);
        assert_eq!(errors("x = 10LL").len(), 1);
    }

    #[test]
    fn several_errors_are_reported() {
        let found = errors("x = )\ny = 1\nz = [1 2]\n");
        assert!(found.len() >= 2, "{found:?}");
        assert!(found[0].starts_with("1:5"), "{found:?}");
    }

    #[test]
    fn empty_scripts() {
        assert_eq!(errors(" \n"), ["0:0 query should not be empty"]);
        assert_eq!(
            errors("# only this\n"),
            ["0:0 no runnable code found in the script"]
        );
    }
}
