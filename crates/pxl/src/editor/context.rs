//! Finds out what kind of place of a script a byte is, from the text before it.
//!
//! Only the text is looked at: a script that is being typed has no syntax tree to rely on.

use std::ops::Range;

/// A place of a script.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Context<'s> {
    /// The statement around the place, with its line end.
    pub(super) statement: Range<usize>,
    /// The blanks before the statement.
    pub(super) indent: &'s str,
    /// What has been typed of the word at the place.
    pub(super) typed: &'s str,
    /// What stands there.
    pub(super) place: Place<'s>,
    /// The innermost call around the place.
    pub(super) call: Option<Call<'s>>,
}

/// What stands at a place.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Place<'s> {
    /// A comment, or something else that nothing is known of.
    Elsewhere,
    /// A module, behind `import` or `from`.
    Import,
    /// `base.typed`
    Member { base: &'s str },
    /// `typed`
    Name,
    /// `base['typed` or `base[['other', 'typed`
    Subscript { base: &'s str },
    /// A text in an argument of the innermost call.
    TextArgument,
}

/// A call whose arguments are being typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call<'s> {
    /// What is called, for example `df.head`.
    pub(super) callee: &'s str,
    /// Number of arguments before the place.
    pub(super) position: usize,
    /// Name of the argument at the place, if it has one.
    pub(super) keyword: Option<&'s str>,
    /// The text between the bracket and the place.
    pub(super) before: &'s str,
}

impl<'s> Context<'s> {
    /// Returns the context of a byte.
    pub(super) fn of(script: &'s str, offset: usize) -> Self {
        let offset = script.floor_char_boundary(offset.min(script.len()));
        let scan = Scan::run(script, offset);
        let line = &script[scan.statement..];
        let indent = &line[..line.len() - line.trim_start_matches([' ', '\t']).len()];
        let end = statement_end(script, offset, indent.len(), scan.open.len());
        let mut context = Self {
            statement: scan.statement..end,
            indent,
            typed: "",
            place: Place::Elsewhere,
            call: None,
        };
        // Amid opening quotes is no place for anything.
        if scan.comment || scan.text.is_some_and(|start| start > offset) {
            return context;
        }
        let start = match scan.text {
            Some(start) => start,
            None => offset - word_before(&script[..offset]).len(),
        };
        context.typed = &script[start..offset];
        context.call = call(script, &scan, start);
        context.place = match scan.text {
            Some(_) => text_place(script, &scan, context.call.as_ref()),
            None => name_place(script, scan.statement, start),
        };
        context
    }
}

/// What a walk over the text before a place finds.
#[derive(Default)]
struct Scan {
    /// Where the statement starts.
    statement: usize,
    /// Places of the brackets that are open.
    open: Vec<usize>,
    /// Where the text starts that the place is in, behind its quotes.
    text: Option<usize>,
    comment: bool,
}

impl Scan {
    fn run(script: &str, offset: usize) -> Self {
        let bytes = script.as_bytes();
        let mut scan = Self::default();
        let mut quotes: Option<&str> = None;
        let mut at = 0;
        while at < offset {
            if let Some(end) = quotes {
                if bytes[at] == b'\\' {
                    at += 2;
                } else if script[at..].starts_with(end) {
                    at += end.len();
                    quotes = None;
                } else {
                    // A text in single quotes ends with its line.
                    if bytes[at] == b'\n' && end.len() == 1 {
                        quotes = None;
                        continue;
                    }
                    at += char_len(script, at);
                }
                continue;
            }
            if scan.comment && bytes[at] != b'\n' {
                at += char_len(script, at);
                continue;
            }
            match bytes[at] {
                b'#' => scan.comment = true,
                b'\n' => {
                    scan.comment = false;
                    if scan.open.is_empty() || starts_anew(&script[at + 1..]) {
                        scan.open.clear();
                        scan.statement = at + 1;
                    }
                }
                b'(' | b'[' | b'{' => scan.open.push(at),
                b')' | b']' | b'}' => drop(scan.open.pop()),
                b'"' | b'\'' => {
                    let quote = &script[at..=at];
                    let triple = if quote == "'" { "'''" } else { "\"\"\"" };
                    let end = if script[at..].starts_with(triple) {
                        triple
                    } else if quote == "'" {
                        "'"
                    } else {
                        "\""
                    };
                    at += end.len() - 1;
                    scan.text = Some(at + 1);
                    quotes = Some(end);
                }
                _ => {}
            }
            at += char_len(script, at);
        }
        if quotes.is_none() {
            scan.text = None;
        }
        scan
    }
}

/// Returns true for a line that begins a statement although a bracket before it is open: a script
/// that is being typed has such brackets.
fn starts_anew(rest: &str) -> bool {
    let line = rest.lines().next().unwrap_or_default();
    let word = line.split(|c: char| !is_word(c)).next().unwrap_or_default();
    if matches!(word, "import" | "from" | "def" | "return" | "if" | "for") {
        return true;
    }
    // `df = …` and `px.display(…` at the first column.
    let after = line[word.len()..].trim_start();
    !word.is_empty()
        && (after.starts_with('.') || (after.starts_with('=') && !after.starts_with("==")))
}

/// Returns where the statement ends that a place is in: behind its last line.
fn statement_end(script: &str, offset: usize, indent: usize, open: usize) -> usize {
    let mut depth = open;
    let mut at = offset;
    for line in script[offset..].split_inclusive('\n') {
        at += line.len();
        for byte in line.bytes() {
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b'#' => break,
                _ => {}
            }
        }
        let next = &script[at..];
        let blanks = next.len() - next.trim_start_matches([' ', '\t']).len();
        let is_less = blanks <= indent && !next.trim_start().starts_with([')', ']', '}']);
        if depth == 0 || is_less {
            break;
        }
    }
    at
}

/// Returns the innermost call around a place.
fn call<'s>(script: &'s str, scan: &Scan, offset: usize) -> Option<Call<'s>> {
    for (index, open) in scan.open.iter().enumerate().rev() {
        if script.as_bytes()[*open] != b'(' {
            continue;
        }
        let Some(callee) = expression_before(script, *open, scan.statement) else {
            continue;
        };
        let before = script.get(open + 1..offset).unwrap_or_default();
        // What is between the bracket and the next inner one belongs to this call.
        let own_end = scan.open.get(index + 1).map_or(offset, |inner| *inner);
        let own = top_level(script.get(open + 1..own_end).unwrap_or_default());
        let argument = own.rsplit(',').next().unwrap_or_default().trim();
        let keyword = argument.split_once('=').map(|(name, _)| name.trim().len());
        let keyword = keyword.and_then(|length| {
            let name = script[*open + 1..own_end].rsplit(',').find_map(|part| {
                let (name, _) = part.split_once('=')?;
                Some(name.trim()).filter(|name| name.len() == length)
            });
            name.filter(|name| name.chars().all(is_word))
        });
        return Some(Call {
            callee,
            position: own.matches(',').count(),
            keyword,
            before,
        });
    }
    None
}

/// Returns the text with what is in closed brackets and in texts left out.
fn top_level(text: &str) -> String {
    let mut out = String::new();
    let (mut depth, mut quote) = (0_usize, None);
    for c in text.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, c) if depth == 0 => out.push(c),
            (None, _) => {}
        }
    }
    out
}

fn name_place(script: &str, statement: usize, start: usize) -> Place<'_> {
    let before = &script[..start];
    if let Some(rest) = before.strip_suffix('.') {
        let base = expression_before(script, rest.len(), statement);
        return base.map_or(Place::Elsewhere, |base| Place::Member { base });
    }
    let words: Vec<&str> = script[statement..start].split_whitespace().collect();
    match words.as_slice() {
        ["import"] | ["from"] => Place::Import,
        ["from", module, "import", ..] => Place::Member { base: module },
        ["import" | "from" | "def", ..] => Place::Elsewhere,
        _ if before.ends_with(|c: char| c.is_ascii_digit()) => Place::Elsewhere,
        _ => Place::Name,
    }
}

fn text_place<'s>(script: &'s str, scan: &Scan, call: Option<&Call<'s>>) -> Place<'s> {
    for open in scan.open.iter().rev() {
        let base = expression_before(script, *open, scan.statement);
        match (script.as_bytes()[*open], base) {
            (b'[', Some(base)) => return Place::Subscript { base },
            // A list, a tuple or a dictionary: what is around it counts.
            (_, None) | (b'{', _) => {}
            _ => break,
        }
    }
    if call.is_some() {
        Place::TextArgument
    } else {
        Place::Elsewhere
    }
}

/// Returns the expression that ends at a byte: names, dots and closed brackets.
pub(super) fn expression_before(script: &str, end: usize, from: usize) -> Option<&str> {
    let text = script.get(from..end)?;
    let mut at = text.len();
    loop {
        if text[..at].ends_with([')', ']']) {
            at = opening(text, at)?;
            continue;
        }
        let word = word_before(&text[..at]);
        if word.is_empty() || word.starts_with(|c: char| c.is_ascii_digit()) {
            return None;
        }
        at -= word.len();
        if !text[..at].ends_with('.') {
            break;
        }
        at -= 1;
    }
    let keyword = matches!(
        &text[at..],
        "in" | "and" | "or" | "not" | "if" | "else" | "return"
    );
    (!keyword).then(|| &text[at..])
}

/// Returns where the bracket opens that closes right before a byte.
fn opening(text: &str, end: usize) -> Option<usize> {
    let (mut depth, mut quote) = (0_usize, None);
    for (at, c) in text[..end].char_indices().rev() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, ')' | ']' | '}') => depth += 1,
            (None, '(' | '[' | '{') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Returns the word that a text ends with.
pub(super) fn word_before(text: &str) -> &str {
    &text[text.trim_end_matches(is_word).len()..]
}

/// Returns the word that a text starts with.
pub(super) fn word_after(text: &str) -> &str {
    &text[..text.len() - text.trim_start_matches(is_word).len()]
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn char_len(text: &str, at: usize) -> usize {
    text[at..].chars().next().map_or(1, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The context of the `|` in a text.
    fn at(marked: &str) -> (String, String, String) {
        let offset = marked.find('|').expect("a place");
        let script = marked.replacen('|', "", 1);
        let context = Context::of(&script, offset);
        let place = match &context.place {
            Place::Elsewhere => "-".to_owned(),
            Place::Import => "import".to_owned(),
            Place::Member { base } => format!("{base}."),
            Place::Name => "name".to_owned(),
            Place::Subscript { base } => format!("{base}["),
            Place::TextArgument => "text".to_owned(),
        };
        let call = context.call.as_ref().map_or_else(String::new, |call| {
            let keyword = call
                .keyword
                .map_or_else(String::new, |name| format!("{name}="));
            format!("{}({keyword}{}", call.callee, call.position)
        });
        (place, context.typed.to_owned(), call)
    }

    #[test]
    fn places_are_told_apart() {
        for (text, place, typed, call) in [
            ("df.la|", "df.", "la", ""),
            ("x = px.|", "px.", "", ""),
            ("px.otel.metric.G|", "px.otel.metric.", "G", ""),
            ("df[df.a > 1].gro|", "df[df.a > 1].", "gro", ""),
            ("df.groupby('a').|", "df.groupby('a').", "", ""),
            ("d|", "name", "d", ""),
            ("import p|", "import", "p", ""),
            ("from px import no|", "px.", "no", ""),
            ("def f|", "-", "f", ""),
            ("# df.|", "-", "", ""),
            ("df['la|", "df[", "la", ""),
            ("df[['a', 'la|", "df[", "la", ""),
            ("df.ctx['p|", "df.ctx[", "p", ""),
            ("px.DataFrame('ht|", "text", "ht", "px.DataFrame(0"),
            (
                "px.DataFrame('a', select=['b', 'c|",
                "text",
                "c",
                "px.DataFrame(select=1",
            ),
            ("df.groupby(['a', 'b|", "text", "b", "df.groupby(0"),
            ("df.agg(n=('la|", "text", "la", "df.agg(n=0"),
            ("df.agg(n=('a', px.co|", "px.", "co", "df.agg(n=0"),
            ("df.merge(other, ho|", "name", "ho", "df.merge(1"),
            ("df.merge(f(a, b), how=|", "name", "", "df.merge(how=1"),
            ("df = df[df.a == 'x' and df.|", "df.", "", ""),
            ("f('a(b', df.|", "df.", "", "f(1"),
            ("x = 'it\\'s' + df.|", "df.", "", ""),
            ("x = 1.|", "-", "", ""),
        ] {
            let expected = (place.to_owned(), typed.to_owned(), call.to_owned());
            assert_eq!(at(text), expected, "{text}");
        }
    }

    #[test]
    fn the_statement_is_found_with_its_lines() {
        for (text, statement) in [
            ("a = 1\nb = df.|\nc = 2\n", "b = df.\n"),
            (
                "a = f(\n  df.|,\n  2\n)\nc = 2\n",
                "a = f(\n  df.,\n  2\n)\n",
            ),
            ("def f():\n  x = g(|\n  y = 2\nc = 2\n", "  x = g(\n"),
            ("a = f(\nb = df.|\n", "b = df.\n"),
            ("'''a\nb = '''\nc.|", "c."),
        ] {
            let offset = text.find('|').unwrap();
            let script = text.replacen('|', "", 1);
            let context = Context::of(&script, offset);
            assert_eq!(&script[context.statement], statement, "{text}");
        }
    }

    #[test]
    fn any_place_of_any_text_has_a_context() {
        for text in [
            "df['é",
            "'''",
            "((((",
            "))))",
            "a\\",
            "\"\\",
            "é.é('é",
            "[}",
            "",
        ] {
            for offset in 0..=text.len() + 1 {
                Context::of(text, offset);
            }
        }
    }
}
