//! The arguments that a script asks for by `px.arg('name', default)`, as far as its text tells.
//!
//! The compiler runs a script to learn them, and names only those that are missing. Here they are
//! read from the text, whose comments and text literals are passed over.

/// An argument that a script asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    /// Name, as users spell it.
    pub(crate) name: String,
    /// Its default as it is written; without one the user must give a value.
    pub(crate) default: Option<String>,
}

/// What the text of a script tells of its arguments.
#[derive(Debug, Default)]
pub(crate) struct Asks {
    /// Those that are written out, in their order.
    pub(crate) found: Vec<Asked>,
    /// There may be others: a name is computed, or `arg` is used in another way.
    pub(crate) may_be_more: bool,
}

impl Asks {
    /// Reads the text of a script.
    pub(crate) fn of(text: &str) -> Self {
        let mut asks = Self::default();
        let mut rest = text;
        let mut before = ["", ""];
        while !rest.is_empty() {
            let (word, behind) = rest.split_at(token(rest));
            if word == "arg" {
                asks.add(before == ["px", "."], behind);
            }
            let [_, last] = before;
            before = [last, word];
            rest = behind;
        }
        asks
    }

    fn add(&mut self, is_of_px: bool, behind: &str) {
        let call = behind.trim_start().strip_prefix('(');
        let asked = call.and_then(|call| Asked::of(&parts(call)));
        match asked.filter(|_| is_of_px) {
            Some(asked) if !self.found.iter().any(|known| known.name == asked.name) => {
                self.found.push(asked);
            }
            Some(_) => {}
            None => self.may_be_more = true,
        }
    }
}

impl Asked {
    /// Reads the arguments of a call.
    fn of(parts: &[&str]) -> Option<Self> {
        let value = |key: &str, index: usize| {
            let named = parts.iter().find_map(|part| {
                let (name, value) = part.split_once('=')?;
                (name.trim() == key).then(|| value.trim())
            });
            let placed = parts.get(index).copied();
            named.or_else(|| placed.filter(|part| !part.is_empty()))
        };
        let name = unquoted(value("name", 0)?)?;
        let default = value("default", 1);
        Some(Self {
            name: name.to_owned(),
            default: default.map(|default| unquoted(default).unwrap_or(default).to_owned()),
        })
    }
}

/// Returns what stands between the quotes of a text literal.
fn unquoted(part: &str) -> Option<&str> {
    let is_one = part.starts_with(QUOTES) && literal(part) == part.len();
    let inner = part.trim_matches(QUOTES);
    (is_one && !inner.contains('\\')).then_some(inner)
}

/// Returns the arguments of a call, of which the opening parenthesis has been read.
fn parts(call: &str) -> Vec<&str> {
    let (mut depth, mut start, mut at) = (0_usize, 0, 0);
    let mut parts = Vec::new();
    while let Some(rest) = call.get(at..).filter(|rest| !rest.is_empty()) {
        let length = token(rest);
        match rest.get(..length).unwrap_or_default() {
            "(" | "[" | "{" => depth += 1,
            ")" if depth == 0 => break,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "," if depth == 0 => {
                parts.push(call.get(start..at).unwrap_or_default().trim());
                start = at + length;
            }
            _ => {}
        }
        at += length;
    }
    parts.push(call.get(start..at).unwrap_or_default().trim());
    parts
}

/// Returns the length of a comment, a literal, a name, or a character, that a text begins with.
fn token(text: &str) -> usize {
    let is_of_name = |c: char| c.is_alphanumeric() || c == '_';
    match text.chars().next() {
        None => 0,
        Some('#') => text.find('\n').unwrap_or(text.len()),
        Some(c) if QUOTES.contains(&c) => literal(text),
        Some(c) if is_of_name(c) => {
            let end = text.find(|c: char| !is_of_name(c));
            end.unwrap_or(text.len())
        }
        Some(c) => c.len_utf8(),
    }
}

/// Returns the length of the text literal that a text begins with.
fn literal(text: &str) -> usize {
    let mut marks = ["'''", "\"\"\""].into_iter();
    let triple = marks.find(|mark| text.starts_with(*mark));
    let mark = triple.or_else(|| text.get(..1)).unwrap_or_default();
    let mut at = mark.len();
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(mark) {
            return at + mark.len();
        }
        let mut chars = rest.chars();
        let is_escape = chars.next() == Some('\\');
        if is_escape {
            chars.next();
        }
        at = text.len() - chars.as_str().len();
    }
    text.len()
}

/// What text literals begin and end with.
const QUOTES: [char; 2] = ['\'', '"'];

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(text: &str) -> Vec<(String, Option<String>)> {
        let found = Asks::of(text).found.into_iter();
        found.map(|asked| (asked.name, asked.default)).collect()
    }

    fn pair(name: &str, default: Option<&str>) -> (String, Option<String>) {
        (name.to_owned(), default.map(str::to_owned))
    }

    #[test]
    fn arguments_are_found_with_their_defaults() {
        let text = "import px # px.arg('comment')\n\
            '''px.arg('doc', \"x\")'''\n\
            a = px.arg('a')\n\
            b = px.arg(\"b\", -5) + px.arg('a', 7)\n\
            df = px.DataFrame('t', start_time=px.arg ( name='start', default='-5m' ))\n\
            c = px.arg('c', max(1, 2))\n\
            d = 'é\\'px.arg(\\'e\\')'\n";
        let expected = [
            pair("a", None),
            pair("b", Some("-5")),
            pair("start", Some("-5m")),
            pair("c", Some("max(1, 2)")),
        ];
        assert_eq!(asked(text), expected);
        assert!(!Asks::of(text).may_be_more);
    }

    #[test]
    fn what_is_not_written_out_may_be_more() {
        for text in [
            "px.arg(name)",
            "f = px.arg",
            "p.arg('x')",
            "apx.arg('x')",
            "px.arg('a' + 'b')",
            "px.arg('a\\n')",
            "px.arg(",
        ] {
            let asks = Asks::of(text);
            assert!(asks.may_be_more && asks.found.is_empty(), "{text}");
        }
        for text in [
            "",
            "px.args('x')",
            "my_arg('x')",
            "'px.arg(x)'",
            "# arg",
            "\"a",
        ] {
            let asks = Asks::of(text);
            assert!(!asks.may_be_more && asks.found.is_empty(), "{text}");
        }
    }
}
