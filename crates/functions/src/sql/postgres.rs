//! Values in statements of PostgreSQL.

use crate::sql::fragments::{Fragment, Kind};
use crate::sql::normalize::Rules;
use crate::sql::tokens::Tokens;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::tokenizer::Token;

/// Placeholders are `$1`, `$2`, … in order of appearance.
pub(super) const RULES: Rules = Rules {
    dialect: &PostgreSqlDialect {},
    fragments,
    placeholder: |place| format!("${place}").into(),
};

fn fragments(tokens: &Tokens) -> Result<Vec<Fragment>, String> {
    let mut fragments = Vec::new();
    for index in 0..tokens.len() {
        let kind = match tokens.at(Some(index)) {
            Some(Token::Placeholder(name)) => Kind::Parameter(parameter(name)?),
            Some(Token::Number(..)) if !tokens.is_type_length(index) => Kind::Constant,
            Some(
                Token::SingleQuotedString(_)
                | Token::EscapedStringLiteral(_)
                | Token::NationalStringLiteral(_)
                | Token::HexStringLiteral(_)
                | Token::SingleQuotedByteStringLiteral(_)
                | Token::UnicodeStringLiteral(_)
                | Token::DollarQuotedString(_),
            ) if !is_typed(tokens, index) => Kind::Constant,
            Some(Token::Word(_)) if is_switch(tokens, index) => Kind::Constant,
            _ => continue,
        };
        let place = tokens.place(index);
        fragments.push(Fragment { place, kind });
    }
    Ok(fragments)
}

/// Returns the place of the value of `$1`, which is 0.
fn parameter(name: &str) -> Result<usize, String> {
    let number = name
        .strip_prefix('$')
        .and_then(|digits| digits.parse().ok());
    number
        .and_then(|number: usize| number.checked_sub(1))
        .ok_or_else(|| format!("Placeholder {name} invalid"))
}

/// Types before a text that is one of their values, as in `date '2026-01-01'`.
const TYPES: &[&str] = &[
    "bool",
    "boolean",
    "box",
    "bytea",
    "char",
    "cidr",
    "circle",
    "date",
    "decimal",
    "inet",
    "interval",
    "json",
    "jsonb",
    "line",
    "lseg",
    "macaddr",
    "money",
    "numeric",
    "path",
    "point",
    "polygon",
    "precision",
    "text",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "uuid",
    "varchar",
    "xml",
    "zone",
];

fn is_typed(tokens: &Tokens, index: usize) -> bool {
    tokens.is_word(index.checked_sub(1), TYPES)
}

/// Returns true for `true`, `false` and `on` where they are values.
fn is_switch(tokens: &Tokens, index: usize) -> bool {
    let before = index.checked_sub(1);
    if tokens.is_word(Some(index), &["on"]) {
        return matches!(tokens.at(before), Some(Token::Eq));
    }
    let is_part = |token: Option<&Token>| matches!(token, Some(Token::Period));
    tokens.is_word(Some(index), &["true", "false"])
        && !tokens.is_tested(index)
        && !is_part(tokens.at(before))
        && !is_part(tokens.at(Some(index + 1)))
}
