//! The keys: one list that help and documentation go by, and what movement keys mean.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::fmt::Write;

/// Keys with what they do, in the order of the help.
pub(crate) const KEYS: &[(&str, &str)] = &[
    ("?", "this list"),
    (
        "Ctrl-K",
        "command menu: script and arguments, with completion",
    ),
    ("Ctrl-R", "run again; a script from a file as it is now"),
    ("a", "turn automatic refresh on and off"),
    ("Ctrl-V", "show the script"),
    (
        "Ctrl-N Ctrl-P",
        "next and previous widget; digits choose one",
    ),
    ("z", "on a large terminal: one widget, or all"),
    ("arrows", "select a row and a column"),
    ("PageUp PageDown", "a page up and down"),
    ("Home End", "the first and the last row"),
    ("Enter", "open the row as JSON; in a flame graph, zoom in"),
    ("v", "open the selected value"),
    ("Backspace", "in a flame graph, zoom out"),
    ("s", "sort by the column: ascending, descending, not at all"),
    ("< >", "make the column narrower, wider"),
    ("f", "show only rows in which a regular expression is found"),
    ("/ Ctrl-S", "search by a regular expression; then n and p"),
    ("Esc Ctrl-G", "leave the search, the menu, what is open"),
    ("Ctrl-C", "quit; so does q"),
];

/// Returns the keys as the rows of a Markdown table, for the documentation.
#[must_use]
pub fn reference() -> String {
    let mut rows = String::new();
    for (keys, meaning) in KEYS {
        // Writing to a string cannot fail.
        writeln!(rows, "| `{keys}` | {meaning} |").unwrap_or_default();
    }
    rows
}

/// Returns the keys as text for people.
pub(crate) fn reference_text() -> String {
    let mut text = String::new();
    for (keys, meaning) in KEYS {
        // Writing to a string cannot fail.
        writeln!(text, "{keys:16}{meaning}").unwrap_or_default();
    }
    text
}

/// Returns true for a key with Ctrl.
pub(crate) fn is_control(key: KeyEvent, letter: char) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char(letter)
}

/// Returns the character that a key types, if it types one.
pub(crate) fn typed(key: KeyEvent) -> Option<char> {
    let held = KeyModifiers::CONTROL | KeyModifiers::ALT;
    match key.code {
        KeyCode::Char(char) if !key.modifiers.intersects(held) => Some(char),
        _ => None,
    }
}

/// Returns true for the keys that leave whatever is open.
pub(crate) fn leaves(key: KeyEvent) -> bool {
    key.code == KeyCode::Esc || is_control(key, 'g')
}

/// Returns where a key moves to in a list of some length, if it moves.
pub(crate) fn moved(key: KeyEvent, at: usize, length: usize, page: usize) -> Option<usize> {
    let last = length.saturating_sub(1);
    let to = match key.code {
        KeyCode::Up => at.saturating_sub(1),
        KeyCode::Down => at + 1,
        KeyCode::PageUp => at.saturating_sub(page.max(1)),
        KeyCode::PageDown => at + page.max(1),
        KeyCode::Home => 0,
        KeyCode::End => last,
        _ => return None,
    };
    Some(to.min(last))
}

/// Returns the first line to show so that one of them is seen, moving as little as possible.
pub(crate) fn scrolled(top: usize, at: usize, height: usize) -> usize {
    let height = height.max(1);
    if at < top {
        at
    } else if at >= top + height {
        at + 1 - height
    } else {
        top
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::key;

    #[test]
    fn movement_stays_in_the_list() {
        for (code, at, expected) in [
            (KeyCode::Up, 0, 0),
            (KeyCode::Down, 4, 4),
            (KeyCode::Down, 0, 1),
            (KeyCode::PageDown, 1, 4),
            (KeyCode::PageUp, 4, 1),
            (KeyCode::Home, 3, 0),
            (KeyCode::End, 0, 4),
        ] {
            assert_eq!(moved(key(code), at, 5, 3), Some(expected), "{code:?}");
        }
        assert_eq!(moved(key(KeyCode::Down), 0, 0, 3), Some(0));
        assert_eq!(moved(key(KeyCode::Enter), 1, 5, 3), None);
    }

    #[test]
    fn scrolling_follows_what_is_selected() {
        assert_eq!(scrolled(0, 9, 10), 0);
        assert_eq!(scrolled(0, 10, 10), 1);
        assert_eq!(scrolled(5, 3, 10), 3);
    }

    #[test]
    fn the_documentation_lists_the_keys() {
        let page = include_str!("../../../docs/howto/live.md");
        assert!(
            page.contains(&reference()),
            "expected in docs/howto/live.md:\n{}",
            reference()
        );
    }
}
