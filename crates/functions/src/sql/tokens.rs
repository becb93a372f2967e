//! Tokens with their place in the text.

use sqlparser::dialect::Dialect;
use sqlparser::tokenizer::{Location, Token, Tokenizer};
use std::ops::Range;

/// The tokens of a text without white space and comments.
#[derive(Debug)]
pub(super) struct Tokens {
    tokens: Vec<(Token, Range<usize>)>,
}

impl Tokens {
    /// Takes a text apart; fails with what is wrong.
    pub(super) fn of(text: &str, dialect: &dyn Dialect) -> Result<Self, String> {
        let mut tokenizer = Tokenizer::new(dialect, text).with_unescape(false);
        let found = tokenizer
            .tokenize_with_location()
            .map_err(|error| failure(error.location, &error.message))?;
        let mut cursor = Cursor::new(text);
        let mut tokens = Vec::with_capacity(found.len());
        let mut open = Vec::new();
        for found in found {
            let place = cursor.byte_at(found.span.start)..cursor.byte_at(found.span.end);
            match found.token {
                Token::Whitespace(_) | Token::EOF => continue,
                Token::LParen => open.push(found.span.start),
                Token::RParen if open.pop().is_none() => {
                    return Err(failure(found.span.start, "unexpected `)`"));
                }
                _ => {}
            }
            tokens.push((found.token, place));
        }
        match open.pop() {
            Some(location) => Err(failure(location, "missing `)` for this `(`")),
            None => Ok(Self { tokens }),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.tokens.len()
    }

    /// Returns a token; none before the first and after the last.
    pub(super) fn at(&self, index: Option<usize>) -> Option<&Token> {
        Some(&self.tokens.get(index?)?.0)
    }

    pub(super) fn place(&self, index: usize) -> Range<usize> {
        self.tokens[index].1.clone()
    }

    /// Returns the word at a place as it is written; none for other tokens and quoted names.
    pub(super) fn word(&self, index: Option<usize>) -> Option<&str> {
        match self.at(index)? {
            Token::Word(word) if word.quote_style.is_none() => Some(&word.value),
            _ => None,
        }
    }

    /// Returns true if one of some words, in lower case, is at a place.
    pub(super) fn is_word(&self, index: Option<usize>, words: &[&str]) -> bool {
        self.word(index)
            .is_some_and(|word| words.iter().any(|known| word.eq_ignore_ascii_case(known)))
    }

    /// Returns true if a number is the length of a type, as in `varchar(20)`.
    pub(super) fn is_type_length(&self, index: usize) -> bool {
        let before = (0..index).rev();
        let open = before
            .map(Some)
            .find(|place| !matches!(self.at(*place), Some(Token::Number(..) | Token::Comma)))
            .flatten();
        matches!(self.at(open), Some(Token::LParen))
            && self.is_word(open.and_then(|open| open.checked_sub(1)), SIZED_TYPES)
    }

    /// Returns true if the word at a place follows `IS` or `IS NOT`.
    pub(super) fn is_tested(&self, index: usize) -> bool {
        let before = index.checked_sub(1);
        let earlier = index.checked_sub(2);
        self.is_word(before, &["is"])
            || (self.is_word(before, &["not"]) && self.is_word(earlier, &["is"]))
    }
}

/// Types that may have a length.
const SIZED_TYPES: &[&str] = &[
    "bigint",
    "binary",
    "bit",
    "bpchar",
    "char",
    "character",
    "datetime",
    "dec",
    "decimal",
    "double",
    "fixed",
    "float",
    "int",
    "integer",
    "interval",
    "mediumint",
    "nchar",
    "numeric",
    "nvarchar",
    "real",
    "smallint",
    "time",
    "timestamp",
    "timestamptz",
    "timetz",
    "tinyint",
    "varbinary",
    "varbit",
    "varchar",
    "varying",
    "year",
];

/// Says where a statement is wrong; columns count from 0.
fn failure(location: Location, message: &str) -> String {
    let (line, column) = (location.line, location.column.saturating_sub(1));
    format!("SQL Parsing Failed: line {line}:{column} with: {message}")
}

/// Finds the bytes of lines and columns, which count characters; it only goes forward.
struct Cursor<'a> {
    rest: &'a str,
    location: Location,
    byte: usize,
}

impl<'a> Cursor<'a> {
    const fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            location: Location { line: 1, column: 1 },
            byte: 0,
        }
    }

    fn byte_at(&mut self, wanted: Location) -> usize {
        while self.location < wanted
            && let Some(c) = self.rest.chars().next()
        {
            if c == '\n' {
                self.location.line += 1;
                self.location.column = 1;
            } else {
                self.location.column += 1;
            }
            self.byte += c.len_utf8();
            self.rest = &self.rest[c.len_utf8()..];
        }
        self.byte
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlparser::dialect::PostgreSqlDialect;

    #[test]
    fn places_are_bytes() {
        let text = "SELECT 'é', -- ü\n\tß, \"x y\" /* * */ FROM 名";
        let tokens = Tokens::of(text, &PostgreSqlDialect {}).unwrap();
        let cut: Vec<_> = (0..tokens.len())
            .map(|at| &text[tokens.place(at)])
            .collect();
        assert_eq!(
            cut,
            ["SELECT", "'é'", ",", "ß", ",", "\"x y\"", "FROM", "名"]
        );
    }

    #[test]
    fn what_is_not_closed_is_said_with_its_place() {
        for (text, want) in [
            ("SELECT (1", "line 1:7 with: missing `)`"),
            ("SELECT\n 1)", "line 2:2 with: unexpected `)`"),
            ("SELECT 'x", "line 1:7 with: Unterminated string literal"),
        ] {
            let error = Tokens::of(text, &PostgreSqlDialect {}).unwrap_err();
            assert!(error.starts_with("SQL Parsing Failed: "), "{error}");
            assert!(error.contains(want), "{error}");
        }
    }
}
