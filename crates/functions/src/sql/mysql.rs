//! Values in statements of MySQL.

use crate::sql::fragments::{Fragment, Kind};
use crate::sql::normalize::Rules;
use crate::sql::tokens::Tokens;
use sqlparser::dialect::MySqlDialect;
use sqlparser::tokenizer::Token;

/// Placeholders are all `?`.
pub(super) const RULES: Rules = Rules {
    dialect: &MySqlDialect {},
    fragments,
    placeholder: |_| "?".into(),
};

fn fragments(tokens: &Tokens) -> Result<Vec<Fragment>, String> {
    let mut fragments: Vec<Fragment> = Vec::new();
    let (mut parameters, mut defines) = (0, false);
    for index in 0..tokens.len() {
        let before = index.checked_sub(1);
        if matches!(tokens.at(before), None | Some(Token::SemiColon)) {
            defines = tokens.is_word(Some(index), &["create", "alter"]);
        } else if tokens.is_word(Some(index), &["select"]) {
            defines = false;
        }
        let is_default = tokens.is_word(before, &["default"])
            || (is_sign(tokens, before) && tokens.is_word(index.checked_sub(2), &["default"]));
        let start = match tokens.at(Some(index)) {
            Some(Token::Placeholder(name)) => {
                if name != "?" {
                    return Err(format!("Placeholder {name} invalid"));
                }
                let (place, kind) = (tokens.place(index), Kind::Parameter(parameters));
                fragments.push(Fragment { place, kind });
                parameters += 1;
                continue;
            }
            // A definition holds lengths, options and comments, which are no values.
            Some(_) if defines && !is_default => continue,
            Some(Token::Number(..)) => number(tokens, index),
            Some(
                Token::SingleQuotedString(_)
                | Token::DoubleQuotedString(_)
                | Token::NationalStringLiteral(_)
                | Token::HexStringLiteral(_)
                | Token::SingleQuotedByteStringLiteral(_),
            ) => text(tokens, index),
            Some(Token::Word(_)) => word(tokens, index),
            _ => None,
        };
        let Some(start) = start else { continue };
        let place = tokens.place(start).start..tokens.place(index).end;
        match fragments.last_mut() {
            // Texts side by side are one.
            Some(last)
                if is_text(tokens.at(before))
                    && is_text(tokens.at(Some(index)))
                    && last.place.end == before.map_or(0, |before| tokens.place(before).end) =>
            {
                last.place.end = place.end;
            }
            _ => fragments.push(Fragment {
                place,
                kind: Kind::Constant,
            }),
        }
    }
    Ok(fragments)
}

const fn is_text(token: Option<&Token>) -> bool {
    matches!(
        token,
        Some(Token::SingleQuotedString(_) | Token::DoubleQuotedString(_))
    )
}

/// Returns where the value of a number starts, which may be its sign; none if it is no value.
fn number(tokens: &Tokens, index: usize) -> Option<usize> {
    let before = index.checked_sub(1);
    let (earlier, first) = (index.checked_sub(2), index.checked_sub(3));
    let limits: &[&str] = &["limit", "offset"];
    let is_limit = tokens.is_word(before, limits)
        || (matches!(tokens.at(before), Some(Token::Comma))
            && matches!(
                tokens.at(earlier),
                Some(Token::Number(..) | Token::Placeholder(_))
            )
            && tokens.is_word(first, &["limit"]));
    if is_limit || tokens.is_type_length(index) {
        return None;
    }
    if is_sign(tokens, before) {
        return before;
    }
    Some(index)
}

/// Words that a value may follow.
const BEFORE_VALUES: &[&str] = &[
    "and", "as", "between", "by", "case", "default", "div", "else", "in", "interval", "like",
    "mod", "not", "on", "or", "regexp", "return", "rlike", "select", "set", "then", "value",
    "values", "when", "where", "having", "xor",
];

/// Returns true for a minus that is the sign of what follows, not an operator between two values.
fn is_sign(tokens: &Tokens, index: Option<usize>) -> bool {
    if !matches!(tokens.at(index), Some(Token::Minus)) {
        return false;
    }
    let before = index.and_then(|index| index.checked_sub(1));
    match tokens.at(before) {
        Some(
            Token::Number(..)
            | Token::Placeholder(_)
            | Token::RParen
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::HexStringLiteral(_),
        ) => false,
        Some(Token::Word(_)) => tokens.is_word(before, BEFORE_VALUES),
        _ => true,
    }
}

/// Returns where the value of a text starts, which may be its character set; none if it is a name
/// or a path in a document.
fn text(tokens: &Tokens, index: usize) -> Option<usize> {
    let before = index.checked_sub(1);
    if tokens.is_word(before, &["as"])
        || matches!(tokens.at(before), Some(Token::Arrow | Token::LongArrow))
    {
        return None;
    }
    match tokens.word(before) {
        Some(word) if word.starts_with('_') => before,
        _ => Some(index),
    }
}

/// Returns where the value of a word starts: of `true`, `false`, `NULL` and `NOT NULL`.
fn word(tokens: &Tokens, index: usize) -> Option<usize> {
    let before = index.checked_sub(1);
    let is_part = |token: Option<&Token>| matches!(token, Some(Token::Period));
    let is_value = tokens.is_word(Some(index), &["true", "false", "null"])
        && !tokens.is_tested(index)
        && !is_part(tokens.at(before))
        && !is_part(tokens.at(Some(index + 1)));
    if !is_value {
        return None;
    }
    if tokens.is_word(Some(index), &["null"]) && tokens.is_word(before, &["not"]) {
        return before;
    }
    Some(index)
}
