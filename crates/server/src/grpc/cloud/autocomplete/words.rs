//! Takes what is typed apart: a script and what it is to be about. Pure.
//!
//! ```text
//! input = { [ kind ":" ] name }     kind = run | script | pod | svc | ns | node
//! ```

use nixie_api::proto::cloudapi::AutocompleteEntityKind as Kind;

/// LIMIT: words that are looked at.
const WORDS_MAX: usize = 32;

/// Prefixes, with the kinds that they mean.
const KINDS: [(&str, Kind); 7] = [
    ("run", Kind::AekScript),
    ("script", Kind::AekScript),
    ("pod", Kind::AekPod),
    ("svc", Kind::AekSvc),
    ("service", Kind::AekSvc),
    ("ns", Kind::AekNamespace),
    ("node", Kind::AekNode),
];

/// A word of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// What it says it is; unknown, if it says nothing.
    pub(super) kind: Kind,
    /// The name, without the kind.
    pub(super) name: String,
    /// As it was typed.
    typed: String,
    /// First character in the input.
    start: usize,
}

impl Word {
    fn new(typed: &str, start: usize) -> Self {
        let known = typed.split_once(':').and_then(|(prefix, name)| {
            let kind = KINDS.iter().find(|(known, _)| *known == prefix)?;
            Some((kind.1, name))
        });
        let (kind, name) = known.unwrap_or((Kind::AekUnknown, typed));
        Self {
            kind,
            name: name.to_owned(),
            typed: typed.to_owned(),
            start,
        }
    }

    fn end(&self) -> usize {
        self.start + self.typed.chars().count()
    }
}

/// Returns the words of an input; of none, one empty word. A `run` in front stands for itself.
pub(super) fn words(input: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut typed = String::new();
    let mut start = 0;
    for (place, char) in input.chars().chain([' ']).enumerate() {
        if !char.is_whitespace() {
            if typed.is_empty() {
                start = place;
            }
            typed.push(char);
        } else if !typed.is_empty() {
            if !(words.is_empty() && typed == "run") {
                words.push(Word::new(&typed, start));
            }
            typed.clear();
        }
    }
    words.truncate(WORDS_MAX);
    if words.is_empty() || input.ends_with(char::is_whitespace) && words.len() < WORDS_MAX {
        words.push(Word::new("", input.chars().count()));
    }
    words
}

/// Returns the words as fields, with a mark where the cursor is.
pub(super) fn formatted(words: &[Word], cursor: usize) -> String {
    let field = |(index, word): (usize, &Word)| {
        let is_here = (word.start..=word.end()).contains(&cursor);
        let mut text = String::new();
        for (place, char) in word.typed.chars().enumerate() {
            if is_here && word.start + place == cursor {
                text.push_str("$0");
            }
            // What is typed must not look like a mark.
            if matches!(char, '$' | '}' | '\\') {
                text.push('\\');
            }
            text.push(char);
        }
        if is_here && word.end() == cursor {
            text.push_str("$0");
        }
        format!("${{{}:{text}}}", index + 1)
    };
    let fields: Vec<String> = words.iter().enumerate().map(field).collect();
    fields.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &str) -> Vec<(Kind, String)> {
        let words = words(input).into_iter();
        words.map(|word| (word.kind, word.name)).collect()
    }

    #[test]
    fn words_say_what_they_are() {
        let word = |kind, name: &str| (kind, name.to_owned());
        assert_eq!(read(""), [word(Kind::AekUnknown, "")]);
        assert_eq!(
            read("run px/pod pod:a/b x:y "),
            [
                word(Kind::AekUnknown, "px/pod"),
                word(Kind::AekPod, "a/b"),
                word(Kind::AekUnknown, "x:y"),
                word(Kind::AekUnknown, ""),
            ]
        );
        assert_eq!(read("script:px"), [word(Kind::AekScript, "px")]);
        assert_eq!(read(&"x ".repeat(1000)).len(), WORDS_MAX);
    }

    #[test]
    fn the_cursor_is_marked_and_marks_are_not_forged() {
        assert_eq!(formatted(&words("px svc:é"), 5), "${1:px} ${2:sv$0c:é}");
        assert_eq!(formatted(&words("px"), 2), "${1:px$0}");
        assert_eq!(formatted(&words(""), 0), "${1:$0}");
        assert_eq!(formatted(&words("a$0}"), 9), "${1:a\\$0\\}}");
    }
}
