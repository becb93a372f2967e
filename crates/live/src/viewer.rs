//! Text above all else: a row as JSON, the script, the keys, an error.

use crate::keys::{leaves, moved};
use crate::palette::Palette;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Widget as _};

/// What the text is, for its colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Json,
    Plain,
}

/// Text that scrolls; long lines go on in the next one.
#[derive(Debug)]
pub(crate) struct Viewer {
    title: String,
    kind: Kind,
    text: String,
    top: usize,
    /// Lines of the text and lines to show them, as drawn last.
    lines: usize,
    height: usize,
}

impl Viewer {
    pub(crate) fn new(title: impl Into<String>, kind: Kind, text: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            kind,
            text: text.into(),
            top: 0,
            lines: 0,
            height: 1,
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Does what a key means here; returns false if it leaves.
    pub(crate) fn press(&mut self, key: KeyEvent) -> bool {
        // One cannot scroll further than to the last page.
        let pages = (self.lines + 1).saturating_sub(self.height);
        if let Some(top) = moved(key, self.top, pages, self.height) {
            self.top = top;
        }
        !(leaves(key) || matches!(key.code, KeyCode::Enter | KeyCode::Char('q')))
    }

    /// Scrolls by lines.
    pub(crate) fn scroll(&mut self, down: bool) {
        let last = self.lines.saturating_sub(self.height);
        self.top = if down {
            (self.top + 3).min(last)
        } else {
            self.top.saturating_sub(3)
        };
    }

    /// Draws it in a frame over what is there.
    pub(crate) fn draw(&mut self, area: Rect, buffer: &mut Buffer, palette: Palette) {
        Clear.render(area, buffer);
        let block = Block::bordered()
            .title(format!(" {} ", self.title))
            .title_bottom(" Esc closes ");
        let inside = block.inner(area);
        block.render(area, buffer);
        self.draw_text(inside, buffer, palette);
    }

    /// Draws the text only.
    pub(crate) fn draw_text(&mut self, area: Rect, buffer: &mut Buffer, palette: Palette) {
        self.height = usize::from(area.height).max(1);
        let lines = self.wrapped(usize::from(area.width).max(1), palette);
        self.lines = lines.len();
        self.top = self.top.min(self.lines.saturating_sub(self.height));
        for (line, y) in lines.iter().skip(self.top).zip(area.top()..area.bottom()) {
            buffer.set_line(area.x, y, line, area.width);
        }
    }

    fn wrapped(&self, columns: usize, palette: Palette) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        for line in self.text.lines() {
            let parts = match self.kind {
                Kind::Json => json_parts(line, palette),
                Kind::Plain => vec![(line, Style::new())],
            };
            let (mut spans, mut used) = (Vec::new(), 0);
            for (text, style) in parts {
                let mut part = String::new();
                for char in text.chars() {
                    // A terminal must not obey what was captured.
                    let char = match char {
                        '\t' => ' ',
                        char if char.is_control() => '\u{fffd}',
                        char => char,
                    };
                    let wide = Span::raw(char.to_string()).width();
                    if used + wide > columns {
                        spans.push(Span::styled(std::mem::take(&mut part), style));
                        lines.push(Line::from(std::mem::take(&mut spans)));
                        used = 0;
                    }
                    part.push(char);
                    used += wide;
                }
                spans.push(Span::styled(part, style));
            }
            lines.push(Line::from(spans));
        }
        lines
    }
}

/// Cuts a line of pretty JSON into its name, its value, and what is between.
fn json_parts(line: &str, palette: Palette) -> Vec<(&str, Style)> {
    let start = line.len() - line.trim_start().len();
    let name_end = line[start..].strip_prefix('"').and_then(|rest| {
        let end = rest.find("\": ")?;
        Some(start + end + 2)
    });
    let mut parts = Vec::new();
    let mut value = start;
    if let Some(end) = name_end {
        parts.push((&line[..end], palette.color(Color::Cyan)));
        parts.push((&line[end..end + 2], Style::new()));
        value = end + 2;
    } else {
        parts.push((&line[..start], Style::new()));
    }
    let color = match line[value..].chars().next() {
        Some('"') => palette.color(Color::Green),
        Some('-' | '0'..='9') => palette.color(Color::Yellow),
        Some('t' | 'f' | 'n') => palette.color(Color::Magenta),
        _ => Style::new(),
    };
    parts.push((&line[value..], color));
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{key, lines};

    fn drawn(viewer: &mut Viewer, width: u16, height: u16) -> Vec<String> {
        let area = Rect::new(0, 0, width, height);
        let mut buffer = Buffer::empty(area);
        viewer.draw(area, &mut buffer, Palette { colors: true });
        lines(&buffer)
    }

    #[test]
    fn long_lines_go_on_and_controls_are_shown() {
        let mut viewer = Viewer::new(
            "row 1",
            Kind::Json,
            "{\n  \"a\": \"x\u{1b}[2Jlong text\"\n}",
        );
        let expected = [
            "┌ row 1 ─────────┐",
            "│{               │",
            "│  \"a\": \"x\u{fffd}[2Jlon│",
            "│g text\"         │",
            "│}               │",
            "└ Esc closes ────┘",
        ];
        assert_eq!(drawn(&mut viewer, 18, 6), expected);
    }

    #[test]
    fn scrolling_ends_at_the_last_page() {
        let text = (0..10)
            .map(|n| n.to_string())
            .collect::<Vec<_>>()
            .join("\n");
        let mut viewer = Viewer::new("text", Kind::Plain, text);
        drawn(&mut viewer, 16, 6);
        assert!(viewer.press(key(KeyCode::End)));
        assert_eq!(drawn(&mut viewer, 16, 6)[4], "│9             │");
        assert!(viewer.press(key(KeyCode::Down)));
        assert_eq!(drawn(&mut viewer, 16, 6)[1], "│6             │");
        assert!(!viewer.press(key(KeyCode::Esc)));
    }
}
