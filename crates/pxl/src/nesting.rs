//! Refuses scripts whose syntax tree would be too deep, before it is built.
//!
//! The tree is walked by recursion, also when it is freed. A scan over the text bounds its depth:
//! open brackets, plus operators since the last comma on each open level.

use crate::diagnostics::Problem;
use crate::literals;
use ruff_text_size::{TextRange, TextSize};
use std::borrow::Cow;

/// LIMIT: bytes of a script.
pub(crate) const SCRIPT_BYTES_MAX: usize = 256 << 10;

/// LIMIT: brackets open at once.
const BRACKETS_MAX: usize = 64;

/// LIMIT: operators, calls and attributes in one expression.
const OPERATORS_MAX: usize = 500;

/// LIMIT: nested blocks.
const BLOCKS_MAX: usize = 32;

/// Returns the place and the problem of a script that is too large or too deep.
pub(crate) fn check(source: &str) -> Result<(), (TextRange, Problem)> {
    if source.len() > SCRIPT_BYTES_MAX {
        let message = format!(
            "script has {} bytes, at most {SCRIPT_BYTES_MAX} are taken",
            source.len()
        );
        return Err((TextRange::default(), Problem::new("too-large", message)));
    }
    Scan::new(source).run().map(|_| ())
}

/// Returns the place of the innermost bracket that is never closed.
pub(crate) fn unclosed(source: &str) -> Option<usize> {
    Scan::new(source).run().ok()?
}

/// Returns the text with forms of older grammars in today's form of the same length, so that
/// places stay: `a <> b`, whole numbers like `10L`, and `b'text'`. Escapes that today's grammar
/// refuses are taken away; the values of texts are read from the script itself.
pub(crate) fn older_forms(source: &str) -> Cow<'_, str> {
    let mut scan = Scan::new(source);
    let bytes = source.as_bytes();
    let mut changes: Vec<(usize, &str)> = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'#' => at = scan.line_end(at),
            b'"' | b'\'' => match scan.string(at) {
                Ok(end) => {
                    text_forms(bytes, at, end, &mut changes);
                    at = end;
                    continue;
                }
                // The text has been refused before it comes here.
                Err(_) => break,
            },
            b'<' if bytes.get(at + 1) == Some(&b'>') => {
                changes.push((at, "!="));
                at += 1;
            }
            b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                at += word_length(&bytes[at..]);
                continue;
            }
            b'0'..=b'9' => {
                let digits = bytes[at..]
                    .iter()
                    .take_while(|b| b.is_ascii_digit())
                    .count();
                let rest = &bytes[at + digits..];
                at += digits;
                if matches!(rest.first(), Some(b'L' | b'l')) && word_length(rest) == 1 {
                    changes.push((at, " "));
                }
                at += word_length(rest);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    if changes.is_empty() {
        return Cow::Borrowed(source);
    }
    let mut text = source.to_owned();
    for (at, form) in changes {
        text.replace_range(at..at + form.len(), form);
    }
    Cow::Owned(text)
}

/// Adds the changes of a text between two places, and of the letters before it.
fn text_forms(bytes: &[u8], start: usize, end: usize, changes: &mut Vec<(usize, &str)>) {
    let before = bytes[..start].iter().rev();
    let letters = before.take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'_');
    let prefix = bytes[start - letters.count()..start].to_ascii_lowercase();
    match &*prefix {
        b"b" => changes.push((start - 1, " ")),
        b"br" | b"rb" => changes.push((start - 2, " r")),
        b"" | b"u" => {}
        _ => return,
    }
    if prefix.contains(&b'r') {
        return;
    }
    let mut at = start;
    while at < end {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let after = bytes.get(at + 1..end).unwrap_or_default();
        changes.extend(literals::harmless_escape(after).map(|form| (at, form)));
        at += 2;
    }
}

fn word_length(bytes: &[u8]) -> usize {
    let in_word = |byte: &&u8| byte.is_ascii_alphanumeric() || **byte == b'_';
    bytes.iter().take_while(in_word).count()
}

struct Scan<'s> {
    source: &'s str,
    /// Operators since the last comma, for each open bracket.
    levels: Vec<usize>,
    /// Places of the open brackets.
    open: Vec<usize>,
    total: usize,
    indents: Vec<usize>,
}

impl<'s> Scan<'s> {
    fn new(source: &'s str) -> Self {
        Self {
            source,
            levels: vec![0],
            open: Vec::new(),
            total: 0,
            indents: vec![0],
        }
    }

    /// Scans the text and returns the place of a bracket that is not closed.
    fn run(mut self) -> Result<Option<usize>, (TextRange, Problem)> {
        let bytes = self.source.as_bytes();
        let mut at = 0;
        let mut line_start = true;
        while at < bytes.len() {
            if line_start && self.levels.len() == 1 {
                at = self.indent(at)?;
                line_start = false;
                continue;
            }
            match bytes[at] {
                b'#' => at = self.line_end(at),
                b'\n' => {
                    line_start = true;
                    if self.levels.len() == 1 {
                        self.reset();
                    }
                }
                b'"' | b'\'' => {
                    at = self.string(at)?;
                    continue;
                }
                b'A'..=b'Z' | b'a'..=b'z' | b'_' => {
                    at = self.word(at)?;
                    continue;
                }
                byte => self.byte(byte, at)?,
            }
            at += 1;
        }
        Ok(self.open.last().copied())
    }

    fn byte(&mut self, byte: u8, at: usize) -> Result<(), (TextRange, Problem)> {
        match byte {
            b'(' | b'[' | b'{' => {
                self.count(at)?;
                self.levels.push(0);
                self.open.push(at);
                if self.levels.len() > BRACKETS_MAX + 1 {
                    return Err(too_deep(at, "brackets", BRACKETS_MAX));
                }
            }
            b')' | b']' | b'}' => {
                self.open.pop();
                if self.levels.len() > 1 {
                    self.total -= self.levels.pop().unwrap_or_default();
                }
            }
            b',' | b';' => self.reset(),
            b'.' | b'+' | b'-' | b'*' | b'/' | b'%' | b'~' | b'<' | b'>' | b'=' | b'!' | b'|'
            | b'&' | b'^' | b'@' | b':' => self.count(at)?,
            _ => {}
        }
        Ok(())
    }

    fn count(&mut self, at: usize) -> Result<(), (TextRange, Problem)> {
        if let Some(level) = self.levels.last_mut() {
            *level += 1;
        }
        self.total += 1;
        if self.total > OPERATORS_MAX {
            return Err(too_deep(at, "operators in one expression", OPERATORS_MAX));
        }
        Ok(())
    }

    fn reset(&mut self) {
        if let Some(level) = self.levels.last_mut() {
            self.total -= std::mem::take(level);
        }
    }

    /// Skips a word; those that nest expressions count.
    fn word(&mut self, start: usize) -> Result<usize, (TextRange, Problem)> {
        let rest = &self.source.as_bytes()[start..];
        let length = rest
            .iter()
            .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
            .count();
        let word = &self.source[start..start + length];
        if matches!(
            word,
            "and"
                | "await"
                | "else"
                | "for"
                | "if"
                | "in"
                | "is"
                | "lambda"
                | "not"
                | "or"
                | "yield"
        ) {
            self.count(start)?;
        }
        Ok(start + length)
    }

    /// Skips a string. Braces in it count as brackets, for they nest in f-strings.
    fn string(&mut self, start: usize) -> Result<usize, (TextRange, Problem)> {
        let bytes = self.source.as_bytes();
        let quote = bytes[start];
        let triple = bytes[start..].starts_with(&[quote; 3]);
        let mut at = start + if triple { 3 } else { 1 };
        let formatted = start > 0 && matches!(bytes[start - 1], b'f' | b'F' | b't' | b'T')
            || start > 1 && matches!(bytes[start - 2], b'f' | b'F' | b't' | b'T');
        while at < bytes.len() {
            match bytes[at] {
                b'\\' => at += 1,
                b'\n' if !triple => return Ok(at),
                byte if byte == quote => {
                    if !triple {
                        return Ok(at + 1);
                    }
                    if bytes[at..].starts_with(&[quote; 3]) {
                        return Ok(at + 3);
                    }
                }
                b'(' | b'[' | b'{' | b'-' | b'+' | b'~' | b'.' if formatted => self.count(at)?,
                _ => {}
            }
            at += 1;
        }
        Ok(at)
    }

    /// Follows the indentation of a line and returns where its text starts.
    fn indent(&mut self, start: usize) -> Result<usize, (TextRange, Problem)> {
        let rest = &self.source.as_bytes()[start..];
        let width = rest
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t' | 0x0C))
            .count();
        if matches!(rest.get(width), None | Some(b'\n' | b'#' | b'\r')) {
            return Ok(start + width);
        }
        while self.indents.last().is_some_and(|&known| known > width) {
            self.indents.pop();
        }
        if self.indents.last().is_none_or(|&known| known < width) {
            self.indents.push(width);
            if self.indents.len() > BLOCKS_MAX + 1 {
                return Err(too_deep(start, "nested blocks", BLOCKS_MAX));
            }
        }
        Ok(start + width)
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = &self.source.as_bytes()[at..];
        at + rest
            .iter()
            .position(|&byte| byte == b'\n')
            .map_or(rest.len(), |n| n - 1)
    }
}

fn too_deep(at: usize, what: &str, max: usize) -> (TextRange, Problem) {
    let at = TextSize::try_from(at).unwrap_or_default();
    let problem = Problem::new("too-large", format!("more than {max} {what}"))
        .help("split the expression by assigning parts of it to names");
    (TextRange::empty(at), problem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_scripts_pass() {
        let script = "import px\n# ((((\ndef f(a: int):\n  x = 'a((((' + \"it's\"\n  return x\n";
        assert!(check(script).is_ok());
        let table = format!("x = [{}]\n", "px.a + 1, ".repeat(5000));
        assert!(check(&table).is_ok());
    }

    #[test]
    fn deep_scripts_are_refused() {
        for deep in [
            "(".repeat(100),
            format!("x = {}1", "not ".repeat(1000)),
            format!("x = a{}", "+a".repeat(1000)),
            format!("x = a{}", ".b".repeat(1000)),
            (0..50)
                .map(|n| format!("{}if a:\n", " ".repeat(n)))
                .collect(),
            "x".repeat(SCRIPT_BYTES_MAX + 1),
        ] {
            assert!(check(&deep).is_err(), "{}", &deep[..20]);
        }
    }
}
