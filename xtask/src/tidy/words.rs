//! Marks of unfinished work.

use super::Tree;
use anyhow::Result;

/// Written in parts, so that this file is not found by itself.
const MARKS: [&str; 5] = [
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("HA", "CK"),
    concat!("XX", "X"),
    concat!("#[", "ignore"),
];

const CONFLICTS: [&str; 3] = ["<<<<<<< ", ">>>>>>> ", "=======\n"];

/// Files with such words that others have written.
const EXEMPT: [&str; 2] = ["Cargo.lock", "LICENSE"];

/// Complains about each line with a mark.
pub(super) fn complaints(tree: &Tree) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in &tree.files {
        let Some(text) = file
            .text()
            .filter(|_| !EXEMPT.contains(&file.path.as_str()))
        else {
            continue;
        };
        for (at, line) in text.split_inclusive('\n').enumerate() {
            if let Some(mark) = mark(line) {
                found.push(format!("`{}:{}` has `{}`", file.path, at + 1, mark.trim()));
            }
        }
    }
    Ok(found)
}

fn mark(line: &str) -> Option<&'static str> {
    let conflict = CONFLICTS.into_iter().find(|mark| line.starts_with(mark));
    conflict.or_else(|| MARKS.into_iter().find(|mark| has_word(line, mark)))
}

/// Returns true if the word stands alone, not within a longer one.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let joins = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        !joins(before) && !joins(after)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_found_with_their_line() {
        let unfinished = format!("fn main() {{}}\n// {}: more\n", MARKS[0]);
        let tree = Tree::of(&[("a.rs", &unfinished), ("b.rs", "const X: u8 = 1;\n")]);
        assert_eq!(
            complaints(&tree).unwrap(),
            [format!("`a.rs:2` has `{}`", MARKS[0])]
        );
    }

    #[test]
    fn parts_of_longer_words_are_no_marks() {
        assert_eq!(mark(&format!("{}_LIST", MARKS[0])), None);
        assert_eq!(mark(&format!("\"{}X\"", MARKS[3])), None);
        assert_eq!(mark("<<<<<<< ours\n"), Some("<<<<<<< "));
        assert_eq!(mark("a title\n"), None);
    }
}
