//! The language of the command menu: a script and `--name value` pairs, quoted where needed.

use std::collections::BTreeMap;
use std::ops::Range;

/// A word, and where it stands in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) place: Range<usize>,
}

/// Cuts a line into words. Quotes hold spaces; one that is not closed goes on to the end.
pub(super) fn words(line: &str) -> Vec<Word> {
    split(line).0
}

/// Returns the quote that a line opens and does not close.
pub(super) fn open_quote(line: &str) -> Option<char> {
    split(line).1
}

fn split(line: &str) -> (Vec<Word>, Option<char>) {
    let mut found = Vec::new();
    let mut word: Option<Word> = None;
    let mut quote = None;
    for (at, char) in line.char_indices() {
        if quote.is_none() && char.is_whitespace() {
            found.extend(word.take());
            continue;
        }
        let current = word.get_or_insert_with(|| Word {
            text: String::new(),
            place: at..at,
        });
        match (quote, char) {
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), _) if open == char => quote = None,
            _ => current.text.push(char),
        }
        current.place.end = at + char.len_utf8();
    }
    found.extend(word);
    (found, quote)
}

/// Returns a word as it is typed.
pub(super) fn quoted(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '\t', '"', '\'']) {
        return word.to_owned();
    }
    let quote = if word.contains('"') { '\'' } else { '"' };
    format!("{quote}{word}{quote}")
}

/// Returns the line that a script and its arguments are typed as.
pub(crate) fn line(script: &str, arguments: &BTreeMap<String, String>) -> String {
    let arguments = arguments
        .iter()
        .map(|(name, value)| format!(" --{name} {}", quoted(value)));
    format!("{}{}", quoted(script), arguments.collect::<String>())
}

/// Reads the arguments behind the script.
pub(super) fn arguments(words: &[Word]) -> Result<BTreeMap<String, String>, String> {
    let mut found = BTreeMap::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let option = word
            .text
            .strip_prefix("--")
            .filter(|option| !option.is_empty());
        let option = option.ok_or_else(|| format!("`{}` does not start with `--`", word.text))?;
        let (name, value) = match option.split_once('=') {
            Some((name, value)) => (name, value),
            None => match words.next() {
                Some(value) => (option, value.text.as_str()),
                None => return Err(format!("`--{option}` has no value")),
            },
        };
        if found.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(format!("`--{name}` is given twice"));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_at_spaces_outside_of_quotes() {
        let found = words("px/pod  --pod 'a b' --x=\"1\"2 'open end");
        let texts: Vec<&str> = found.iter().map(|word| word.text.as_str()).collect();
        assert_eq!(texts, ["px/pod", "--pod", "a b", "--x=12", "open end"]);
        assert_eq!(found[1].place, 8..13);
        assert_eq!(found[2].place, 14..19);
        assert_eq!(open_quote("a 'b c"), Some('\''));
        assert_eq!(open_quote("a \"it's\" 'b'"), None);
    }

    #[test]
    fn a_line_is_read_as_it_was_written() {
        let given = [
            ("a", "x"),
            ("b", "two words"),
            ("c", ""),
            ("d", "it's"),
            ("e", "\""),
        ];
        let given: BTreeMap<String, String> = given
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        let line = line("my script", &given);
        let words = words(&line);
        assert_eq!(words[0].text, "my script");
        assert_eq!(arguments(&words[1..]), Ok(given));
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (line, expected) in [
            ("x", "`x` does not start with `--`"),
            ("--x", "`--x` has no value"),
            ("--x 1 --x=2", "`--x` is given twice"),
        ] {
            assert_eq!(arguments(&words(line)), Err(expected.to_owned()));
        }
    }
}
