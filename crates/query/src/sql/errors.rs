//! What an error in a query says, and where.

use super::names::Names;
use datafusion::common::{SchemaError, Span as PlanSpan};
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use datafusion::sql::sqlparser::tokenizer::Span;
use nixie_pxl::{Diagnostic, similar};

/// A place in a query; line 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    line: usize,
    column: usize,
    width: usize,
}

impl Place {
    /// Returns the place of a part of the syntax tree.
    pub(super) fn of(sql: &str, span: Span) -> Self {
        let number = |number: u64| usize::try_from(number).unwrap_or(0);
        Self::between(
            sql,
            (number(span.start.line), number(span.start.column)),
            (number(span.end.line), number(span.end.column)),
        )
    }

    fn of_plan(sql: &str, span: PlanSpan) -> Self {
        let number = |number: u64| usize::try_from(number).unwrap_or(0);
        Self::between(
            sql,
            (number(span.start.line), number(span.start.column)),
            (number(span.end.line), number(span.end.column)),
        )
    }

    /// The end is the first column behind.
    fn between(sql: &str, (line, column): (usize, usize), end: (usize, usize)) -> Self {
        let text = sql.lines().nth(line.saturating_sub(1)).unwrap_or_default();
        let rest = (text.chars().count() + 1).saturating_sub(column);
        let width = if end.0 == line {
            end.1.saturating_sub(column)
        } else {
            rest
        };
        Self {
            line,
            column,
            width: width.clamp(1, rest.max(1)),
        }
    }

    /// Returns the place of the first word like this; none if there is none.
    pub(super) fn word(sql: &str, word: &str) -> Self {
        let is_part = |c: char| c.is_alphanumeric() || c == '_';
        let (lower, wanted) = (sql.to_lowercase(), word.to_lowercase());
        if wanted.is_empty() || lower.len() != sql.len() {
            return Self::default();
        }
        let is_whole = |at: &usize| {
            let (before, after) = (&lower[..*at], &lower[at + wanted.len()..]);
            !before.ends_with(is_part) && !after.starts_with(is_part)
        };
        let found = lower
            .match_indices(&wanted)
            .map(|(at, _)| at)
            .find(is_whole);
        let Some(at) = found else {
            return Self::default();
        };
        let before = &sql[..at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
            width: word.chars().count(),
        }
    }
}

/// Returns a diagnostic at a place.
pub(super) fn at(
    code: &'static str,
    message: String,
    place: Place,
    help: Option<&str>,
) -> Diagnostic {
    Diagnostic {
        code,
        message,
        line: place.line,
        column: place.column,
        width: place.width,
        help: help.map(str::to_owned),
    }
}

/// Returns the diagnostic of an error in the grammar.
pub(super) fn syntax(error: &ParserError) -> Diagnostic {
    let text = match error {
        ParserError::TokenizerError(text) | ParserError::ParserError(text) => text.clone(),
        ParserError::RecursionLimitExceeded => {
            let message = format!(
                "query has more than {} parts inside each other",
                super::DEPTH_MAX
            );
            return at("too-large", message, Place::default(), None);
        }
    };
    // The parser tells the place in words only.
    let (text, place) = match text.rsplit_once(" at Line: ") {
        Some((text, place)) => {
            let mut numbers = place
                .split(", Column: ")
                .map(|number| number.trim().parse().ok());
            let number = |next: Option<Option<usize>>| next.flatten().unwrap_or(0);
            let (line, column) = (number(numbers.next()), number(numbers.next()));
            let width = usize::from(line > 0);
            (
                text.to_owned(),
                Place {
                    line,
                    column,
                    width,
                },
            )
        }
        None => (text, Place::default()),
    };
    let message = lower_first(
        &text
            .replace("Expected: ", "expected ")
            .replace("found: ", "found "),
    );
    at("syntax", message, place, None)
}

/// Returns the diagnostic of an error in the meaning.
pub(super) fn diagnostic(sql: &str, error: &DataFusionError, names: &Names<'_>) -> Diagnostic {
    let told = error.diagnostic();
    let place = told
        .and_then(|told| told.span)
        .map(|span| Place::of_plan(sql, span));
    let root = error.find_root();
    if let DataFusionError::SchemaError(schema, _) = root {
        return of_schema(sql, schema, place);
    }
    let text = message(root);
    if let Some(table) = quoted(&text, "table `", "` not found") {
        let tables = names.tables();
        let similar = similar(table, tables.iter().map(String::as_str));
        let help = match similar {
            Some(similar) if similar == table => {
                format!("write the name in double quotes: `\"{table}\"`")
            }
            Some(similar) => format!("did you mean `{similar}`?"),
            None => format!("there are {}", list(&tables)),
        };
        let place = place.unwrap_or_else(|| Place::word(sql, table));
        return at("unknown-table", text.clone(), place, Some(&help));
    }
    let of_tables = quoted(&text, "table function `", "` not found");
    if let Some(function) = of_tables.or_else(|| quoted(&text, "Invalid function '", "'")) {
        let known = match of_tables {
            Some(_) => names.table_functions(),
            None => names.functions(),
        };
        let help = similar(function, known.iter().map(String::as_str))
            .map(|similar| format!("did you mean `{similar}`?"));
        let message = format!("could not find function `{function}`");
        let place = place.unwrap_or_else(|| Place::word(sql, function));
        return at("unknown-function", message, place, help.as_deref());
    }
    let function = quoted(&text, "'", "'").or_else(|| quoted(&text, "`", "`"));
    let place =
        place.unwrap_or_else(|| function.map_or_else(Place::default, |f| Place::word(sql, f)));
    at("sql", lower_first(&text), place, None)
}

fn of_schema(sql: &str, error: &SchemaError, place: Option<Place>) -> Diagnostic {
    match error {
        SchemaError::FieldNotFound {
            field,
            valid_fields,
        } => {
            // Those of the result and of what it is made of have the same names.
            let mut have: Vec<String> = Vec::new();
            for field in valid_fields {
                if !have.contains(&field.name) {
                    have.push(field.name.clone());
                }
            }
            let help = match similar(&field.name, have.iter().map(String::as_str)) {
                Some(similar) => format!("did you mean `{similar}`?"),
                None if have.is_empty() => "name a table behind `FROM`".to_owned(),
                None => format!("there are the columns {}", list(&have)),
            };
            let of = field
                .relation
                .as_ref()
                .map_or_else(String::new, |table| format!(" in `{table}`"));
            let message = format!("column `{}` not found{of}", field.name);
            let place = place.unwrap_or_else(|| Place::word(sql, &field.name));
            at("unknown-column", message, place, Some(&help))
        }
        SchemaError::AmbiguousReference { field } => {
            let message = format!("column `{}` is in several tables", field.name);
            let help = format!("write its table before it: `t.{}`", field.name);
            let place = place.unwrap_or_else(|| Place::word(sql, &field.name));
            at("ambiguous-column", message, place, Some(&help))
        }
        other => {
            let message = lower_first(&other.to_string());
            let help = "give columns names of their own with `AS`";
            at(
                "duplicate-column",
                message,
                place.unwrap_or_default(),
                Some(help),
            )
        }
    }
}

/// Returns the message of an error without the name of its kind.
fn message(error: &DataFusionError) -> String {
    let text = match error {
        DataFusionError::Plan(text)
        | DataFusionError::NotImplemented(text)
        | DataFusionError::Execution(text)
        | DataFusionError::Internal(text) => text.clone(),
        other => other.to_string(),
    };
    // What follows is for developers of the engine.
    let end = text
        .find("\n\nbacktrace")
        .or_else(|| text.find("\nThis issue was likely caused"));
    text[..end.unwrap_or(text.len())]
        .trim_end_matches(['.', '\n'])
        .to_owned()
}

fn quoted<'t>(text: &'t str, before: &str, after: &str) -> Option<&'t str> {
    let start = text.find(before)? + before.len();
    let length = text[start..].find(after)?;
    Some(&text[start..start + length])
}

fn list(names: &[String]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    quoted.join(", ")
}

fn lower_first(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_ascii_lowercase());
    first.into_iter().chain(chars).collect()
}
