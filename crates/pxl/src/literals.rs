//! The values of string literals, which are those of Python 2: escapes that are not known keep
//! their backslash, and `u''` has none, like `r''`.

use ruff_python_ast::str_prefix::StringLiteralPrefix;
use ruff_python_ast::visitor::transformer::Transformer;
use ruff_python_ast::{ModModule, StringFlags, StringLiteral};
use std::str::Chars;

/// Gives all string literals of a module the values that their text has.
pub(crate) fn decode(source: &str, module: &mut ModModule) {
    // Without a backslash the value is the text.
    if source.contains('\\') {
        Literals { source }.visit_body(&mut module.body);
    }
}

/// Returns the form of an escape that today's grammar refuses or knows as something else, in place
/// of its backslash; none if it stays. `after` is what follows the backslash.
pub(crate) fn harmless_escape(after: &[u8]) -> Option<&'static str> {
    let is_hex = |digits: &[u8]| digits.iter().all(u8::is_ascii_hexdigit);
    match after {
        [b'N' | b'u' | b'U', ..] => Some("_"),
        [b'x', high, low, ..] if is_hex(&[*high, *low]) => None,
        [b'x', ..] => Some("_"),
        _ => None,
    }
}

struct Literals<'s> {
    source: &'s str,
}

impl Transformer for Literals<'_> {
    fn visit_string_literal(&self, literal: &mut StringLiteral) {
        let range = std::ops::Range::<usize>::from(literal.range);
        let Some(text) = self.source.get(range) else {
            return;
        };
        let quotes = if literal.flags.is_triple_quoted() {
            3
        } else {
            1
        };
        let inner = text.find(['"', '\'']).and_then(|quote| {
            let end = text.len().checked_sub(quotes)?;
            text.get(quote + quotes..end)
        });
        let Some(inner) = inner else {
            return;
        };
        literal.value = match literal.flags.prefix() {
            StringLiteralPrefix::Empty => unescaped(inner).into(),
            StringLiteralPrefix::Raw { .. } | StringLiteralPrefix::Unicode => inner.into(),
        };
    }
}

/// Returns a text with its escapes as what they stand for.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let before = chars.clone();
        match escape(&mut chars) {
            Some(Escaped::Char(c)) => out.push(c),
            Some(Escaped::Nothing) => {}
            None => {
                out.push('\\');
                chars = before;
            }
        }
    }
    out
}

/// What an escape stands for.
enum Escaped {
    Char(char),
    /// The end of a line within the text.
    Nothing,
}

/// Reads what follows a backslash; nothing if it is no escape.
fn escape(chars: &mut Chars<'_>) -> Option<Escaped> {
    let c = match chars.next()? {
        '\n' => return Some(Escaped::Nothing),
        '\r' => {
            if chars.clone().next() == Some('\n') {
                chars.next();
            }
            return Some(Escaped::Nothing);
        }
        c @ ('\\' | '\'' | '"') => c,
        'a' => '\x07',
        'b' => '\x08',
        'f' => '\x0c',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\x0b',
        'x' => {
            let (high, low) = (chars.next()?.to_digit(16)?, chars.next()?.to_digit(16)?);
            char::from_u32(high * 16 + low)?
        }
        c => {
            let mut number = c.to_digit(8)?;
            for _ in 0..2 {
                let Some(digit) = chars.clone().next().and_then(|c| c.to_digit(8)) else {
                    break;
                };
                chars.next();
                number = number * 8 + digit;
            }
            // Three digits hold more than a byte, of which the rest is left out.
            char::from_u32(number & 0xff)?
        }
    };
    Some(Escaped::Char(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_those_of_python_2() {
        for (text, value) in [
            (r"a\n\t\\\'\x41\101\0", "a\n\t\\'AA\0"),
            (r"C:\users\N\Ufoo\xg1\d", r"C:\users\N\Ufoo\xg1\d"),
            ("a\\\nb\\\r\nc", "abc"),
            (r"\u00e9\777\8", "\\u00e9\u{ff}\\8"),
            ("é\\", "é\\"),
        ] {
            assert_eq!(unescaped(text), value, "{text}");
        }
    }
}
