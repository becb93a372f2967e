//! From the syntax of RE2 to that of the `regex` crate, where the two differ.
//!
//! In RE2 `\d`, `\s`, `\w` and `\b` know ASCII only; `\Q…\E` quotes; a brace that is no
//! repetition stands for itself, also where its count begins with 0 or has ten digits; and a class
//! holds no other classes and no set operators.

use std::borrow::Cow;

/// Returns a pattern as the `regex` crate reads it.
pub(super) fn translated(pattern: &str) -> Cow<'_, str> {
    let differs = |byte| matches!(byte, b'\\' | b'{' | b'[');
    if !pattern.bytes().any(differs) {
        return Cow::Borrowed(pattern);
    }
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    while let Some(c) = rest.chars().next() {
        rest = match c {
            '\\' => escape(rest, false, &mut out),
            '[' => class(rest, &mut out),
            '{' if !is_repetition(rest) => {
                out.push_str("\\{");
                &rest[1..]
            }
            other => {
                out.push(other);
                &rest[other.len_utf8()..]
            }
        };
    }
    Cow::Owned(out)
}

/// Translates the escape at the start of `text` and returns what follows.
fn escape<'t>(text: &'t str, in_class: bool, out: &mut String) -> &'t str {
    let Some(c) = text[1..].chars().next() else {
        out.push('\\');
        return "";
    };
    let after = &text[1 + c.len_utf8()..];
    let ascii = match (c, in_class) {
        ('d', true) => "0-9",
        ('d', false) => "[0-9]",
        ('D', _) => "[^0-9]",
        ('s', true) => r"\t\n\x0C\r ",
        ('s', false) => r"[\t\n\x0C\r ]",
        ('S', _) => r"[^\t\n\x0C\r ]",
        ('w', true) => "0-9A-Za-z_",
        ('w', false) => "[0-9A-Za-z_]",
        ('W', _) => "[^0-9A-Za-z_]",
        ('b', false) => r"(?-u:\b)",
        ('<', _) => "<",
        ('>', _) => ">",
        ('Q', false) => {
            let (quoted, after) = after.split_once("\\E").unwrap_or((after, ""));
            out.push_str(&regex::escape(quoted));
            return after;
        }
        _ => {
            out.push('\\');
            out.push(c);
            // The braces of `\x{…}` and `\p{…}` belong to the escape.
            let braces = matches!(c, 'x' | 'p' | 'P') && after.starts_with('{');
            let end = after.find('}').filter(|_| braces).map_or(0, |end| end + 1);
            out.push_str(&after[..end]);
            return &after[end..];
        }
    };
    out.push_str(ascii);
    after
}

/// Translates the class at the start of `text` and returns what follows.
fn class<'t>(text: &'t str, out: &mut String) -> &'t str {
    let start = if text.starts_with("[^") { "[^" } else { "[" };
    out.push_str(start);
    let mut rest = &text[start.len()..];
    let mut first = true;
    while let Some(c) = rest.chars().next() {
        let is_first = std::mem::replace(&mut first, false);
        rest = match c {
            ']' if !is_first => {
                out.push(']');
                return &rest[1..];
            }
            '\\' => escape(rest, true, out),
            '[' if rest.starts_with("[:") && rest.contains(":]") => {
                let end = rest.find(":]").map_or(rest.len(), |end| end + 2);
                out.push_str(&rest[..end]);
                &rest[end..]
            }
            '[' | '&' | '~' | ']' => {
                out.push('\\');
                out.push(c);
                &rest[1..]
            }
            other => {
                out.push(other);
                &rest[other.len_utf8()..]
            }
        };
    }
    rest
}

/// Returns true if a text starts with `{3}`, `{3,}` or `{3,5}`.
fn is_repetition(text: &str) -> bool {
    let Some((inside, _)) = text[1..].split_once('}') else {
        return false;
    };
    let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
    is_count(least) && (most.is_empty() || is_count(most))
}

/// Returns true for what RE2 reads as a count.
fn is_count(text: &str) -> bool {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits && matches!(text.len(), 1..=9) && (text == "0" || !text.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_differences_change() {
        for (pattern, want) in [
            ("a.*b|c", "a.*b|c"),
            (r"\d+\.\w", r"[0-9]+\.[0-9A-Za-z_]"),
            (r"[\d\s-]", r"[0-9\t\n\x0C\r -]"),
            (r"[^\W]", r"[^[^0-9A-Za-z_]]"),
            (r"\bx\b", r"(?-u:\b)x(?-u:\b)"),
            (r"\Qa.b\Ec", r"a\.bc"),
            (r"\Q*", r"\*"),
            ("a{2,3}{x}{,2}", r"a{2,3}\{x}\{,2}"),
            ("a{0}{1,}{01}{1,02}", r"a{0}{1,}\{01}\{1,02}"),
            ("a{999999999}b{1000000000}", r"a{999999999}b\{1000000000}"),
            (r"\x{41}\p{Greek}{2}", r"\x{41}\p{Greek}{2}"),
            ("[[a&&b]", r"[\[a\&\&b]"),
            ("[[:alpha:]_]", "[[:alpha:]_]"),
            ("[]a]", r"[\]a]"),
            ("[^]]", r"[^\]]"),
            (r"\<b\>", "<b>"),
            (r"\", r"\"),
            ("[a", "[a"),
        ] {
            assert_eq!(translated(pattern), want, "{pattern}");
        }
    }
}
