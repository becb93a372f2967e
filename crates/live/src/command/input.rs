//! A line of text that is typed.

use crate::keys::{is_control, typed};
use crossterm::event::{KeyCode, KeyEvent};

/// LIMIT: characters of a line; more are not taken.
const CHARS_MAX: usize = 4096;

/// A line with a caret.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TextInput {
    text: String,
    /// In bytes, between characters.
    caret: usize,
}

impl TextInput {
    /// Returns a line with the caret at its end.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        let caret = text.len();
        Self { text, caret }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the text before the caret.
    pub(crate) fn before(&self) -> &str {
        &self.text[..self.caret]
    }

    /// Puts a text in the place of a part, and the caret behind it.
    pub(crate) fn replace(&mut self, part: std::ops::Range<usize>, text: &str) {
        self.text.replace_range(part.clone(), text);
        self.caret = part.start + text.len();
    }

    /// Does what a key means in a line; returns false if it means nothing.
    pub(crate) fn press(&mut self, key: KeyEvent) -> bool {
        if let Some(char) = typed(key) {
            if self.text.chars().count() < CHARS_MAX {
                self.text.insert(self.caret, char);
                self.caret += char.len_utf8();
            }
            return true;
        }
        match key.code {
            _ if is_control(key, 'u') => self.replace(0..self.caret, ""),
            _ if is_control(key, 'w') => {
                let kept = self.before().trim_end();
                let start = kept.rfind(char::is_whitespace).map_or(0, |at| at + 1);
                self.replace(start..self.caret, "");
            }
            _ if is_control(key, 'a') => self.caret = 0,
            _ if is_control(key, 'e') => self.caret = self.text.len(),
            KeyCode::Backspace => self.replace(self.left()..self.caret, ""),
            KeyCode::Delete => self.replace(self.caret..self.right(), ""),
            KeyCode::Left => self.caret = self.left(),
            KeyCode::Right => self.caret = self.right(),
            KeyCode::Home => self.caret = 0,
            KeyCode::End => self.caret = self.text.len(),
            _ => return false,
        }
        true
    }

    fn left(&self) -> usize {
        let last = self.before().char_indices().next_back();
        last.map_or(0, |(at, _)| at)
    }

    fn right(&self) -> usize {
        let next = self.text[self.caret..].chars().next();
        self.caret + next.map_or(0, char::len_utf8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{control, key};

    #[test]
    fn keys_edit_around_the_caret() {
        let mut input = TextInput::new("px/http é");
        for (pressed, text, caret) in [
            (key(KeyCode::Backspace), "px/http ", 8),
            (control('w'), "", 0),
            (key(KeyCode::Char('é')), "é", 2),
            (key(KeyCode::Char('b')), "éb", 3),
            (key(KeyCode::Left), "éb", 2),
            (key(KeyCode::Left), "éb", 0),
            (key(KeyCode::Left), "éb", 0),
            (key(KeyCode::Delete), "b", 0),
            (control('e'), "b", 1),
            (key(KeyCode::Right), "b", 1),
            (control('u'), "", 0),
            (key(KeyCode::Backspace), "", 0),
        ] {
            assert!(input.press(pressed));
            assert_eq!((input.text(), input.caret), (text, caret), "{pressed:?}");
        }
        assert!(!input.press(key(KeyCode::Tab)));
        assert!(!input.press(control('c')));
    }
}
