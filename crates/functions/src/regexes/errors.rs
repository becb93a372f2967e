//! What RE2 says about patterns that are not valid.

use regex_syntax::ast::ErrorKind;
use regex_syntax::{Error, Parser};

/// Returns RE2's message for a pattern that does not compile.
pub(super) fn message(pattern: &str) -> String {
    match Parser::new().parse(pattern) {
        Err(Error::Parse(error)) => {
            let span = error.span();
            let at = &pattern[span.start.offset..span.end.offset];
            let (reason, argument) = match error.kind() {
                ErrorKind::EscapeUnrecognized if at == r"\C" => (SINGLE_BYTE, at),
                ErrorKind::ClassEscapeInvalid
                | ErrorKind::EscapeHexEmpty
                | ErrorKind::EscapeHexInvalid
                | ErrorKind::EscapeHexInvalidDigit
                | ErrorKind::EscapeUnrecognized
                | ErrorKind::UnsupportedBackreference => ("invalid escape sequence", at),
                ErrorKind::EscapeUnexpectedEof => ("trailing \\ at end of regexp", ""),
                ErrorKind::ClassRangeInvalid | ErrorKind::ClassRangeLiteral => {
                    ("invalid character class range", at)
                }
                ErrorKind::ClassUnclosed => ("missing ]", &pattern[span.start.offset..]),
                ErrorKind::DecimalEmpty
                | ErrorKind::DecimalInvalid
                | ErrorKind::RepetitionCountInvalid
                | ErrorKind::RepetitionCountDecimalEmpty
                | ErrorKind::RepetitionCountUnclosed => ("invalid repetition size", at),
                ErrorKind::GroupUnclosed => ("missing )", pattern),
                ErrorKind::GroupUnopened => ("unexpected )", pattern),
                ErrorKind::GroupNameDuplicate { .. }
                | ErrorKind::GroupNameEmpty
                | ErrorKind::GroupNameInvalid
                | ErrorKind::GroupNameUnexpectedEof => ("invalid named capture group", at),
                ErrorKind::RepetitionMissing => {
                    let operator = pattern[span.start.offset..].chars().next();
                    let end = span.start.offset + operator.map_or(0, char::len_utf8);
                    let operator = &pattern[span.start.offset..end];
                    ("no argument for repetition operator", operator)
                }
                ErrorKind::NestLimitExceeded(_) => ("expression nesting depth exceeded", ""),
                // What is left are groups and flags that RE2 does not have.
                _ => ("invalid perl operator", at),
            };
            with(reason, argument)
        }
        Err(Error::Translate(error)) => {
            let span = error.span();
            let at = &pattern[span.start.offset..span.end.offset];
            with("invalid character class range", at)
        }
        _ => "pattern too large - compile failed".to_owned(),
    }
}

/// RE2 has `\C`, but half a character has no place in a text.
const SINGLE_BYTE: &str =
    "invalid escape sequence (a single byte cannot be matched, write `(?s:.)` for any character)";

/// Returns a reason with the part of a pattern that it is about.
pub(super) fn with(reason: &str, argument: &str) -> String {
    if argument.is_empty() {
        reason.to_owned()
    } else {
        format!("{reason}: {argument}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_those_of_re2() {
        for (pattern, want) in [
            (r"\K", r"invalid escape sequence: \K"),
            ("a(b", "missing ): a(b"),
            ("a)", "unexpected ): a)"),
            ("x[a", "missing ]: [a"),
            ("[z-a]", "invalid character class range: z-a"),
            ("*", "no argument for repetition operator: *"),
            ("a\\", "trailing \\ at end of regexp"),
            (r"\p{Nope}", r"invalid character class range: \p{Nope}"),
            ("a{3,2}", "invalid repetition size: {3,2}"),
        ] {
            assert_eq!(message(pattern), want, "{pattern}");
        }
    }

    #[test]
    fn a_single_byte_is_refused_with_what_to_write() {
        let got = message(r"a\C");
        assert!(
            got.starts_with("invalid escape sequence (a single byte "),
            "{got}"
        );
        assert!(
            got.ends_with(r"write `(?s:.)` for any character): \C"),
            "{got}"
        );
    }
}
