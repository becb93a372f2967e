//! Colours and marks. Without colours, what is drawn says the same by marks and weights.

use crate::cells;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;
use ratatui::widgets::{Paragraph, Widget as _, Wrap};

/// Colours of series, bars and frames, in order.
const SERIES: [Color; 6] = [
    Color::Cyan,
    Color::Yellow,
    Color::Magenta,
    Color::Green,
    Color::Blue,
    Color::Red,
];

/// How a screen is coloured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette {
    /// False if `NO_COLOR` is set.
    pub(crate) colors: bool,
}

impl Palette {
    /// Returns a style with a colour, if there are colours.
    pub(crate) fn color(self, color: Color) -> Style {
        if self.colors {
            Style::new().fg(color)
        } else {
            Style::new()
        }
    }

    /// Returns the style of a value.
    pub(crate) fn cell(self, color: cells::Color) -> Style {
        match color {
            cells::Color::Plain => Style::new(),
            cells::Color::Green => self.color(Color::Green),
            cells::Color::Yellow => self.color(Color::Yellow),
            cells::Color::Red => self.color(Color::Red),
        }
    }

    /// Returns the style of one of several things that stand beside each other.
    pub(crate) fn series(self, number: usize) -> Style {
        self.color(SERIES[number % SERIES.len()])
    }

    /// Returns the style of what is wrong.
    pub(crate) fn wrong(self) -> Style {
        self.color(Color::Red).add_modifier(Modifier::BOLD)
    }

    /// Returns the style of what is said beside the data.
    pub(crate) fn faint(self) -> Style {
        Style::new().add_modifier(Modifier::DIM)
    }

    /// Returns the style of titles.
    pub(crate) fn title(self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// Returns the style of what is selected.
    pub(crate) fn selected(self) -> Style {
        Style::new().add_modifier(Modifier::REVERSED)
    }

    /// Returns the style of what a search has found.
    pub(crate) fn found(self) -> Style {
        let style = Style::new().add_modifier(Modifier::UNDERLINED);
        if self.colors {
            style.fg(Color::Black).bg(Color::Yellow)
        } else {
            style
        }
    }
}

/// Returns a text that is at most some columns wide; one that is cut ends in `…`.
pub(crate) fn fit(text: &str, width: usize) -> String {
    if Span::raw(text).width() <= width {
        return text.to_owned();
    }
    let mut cut = String::new();
    for char in text.chars() {
        cut.push(char);
        // Characters together may be wider than each on its own.
        if Span::raw(&cut).width() >= width {
            cut.pop();
            break;
        }
    }
    if width > 0 {
        cut.push('…');
    }
    cut
}

/// Writes a text on the first line of an area, if it has one; what does not fit is cut.
pub(crate) fn write(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    if !area.is_empty() {
        let columns = usize::from(area.width);
        buffer.set_stringn(area.x, area.y, fit(text, columns), columns, style);
    }
}

/// Writes a text into an area, in as many lines as it needs.
pub(crate) fn explain(buffer: &mut Buffer, area: Rect, text: &str, style: Style) {
    let text = Paragraph::new(text).style(style);
    text.wrap(Wrap { trim: true }).render(area, buffer);
}

/// Returns the number of columns that a text takes.
pub(crate) fn width(text: &str) -> usize {
    Span::raw(text).width()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_by_the_columns_they_take() {
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(fit("abcd", 3), "ab…");
        assert_eq!(fit("日本語", 5), "日本…");
        assert_eq!(fit("日本語", 4), "日…");
        assert_eq!(fit("abc", 0), "");
        // A heart is one column wide, and two with the selector that makes it an emoji.
        assert_eq!(fit("\u{2764}\u{fe0f}abc", 3), "\u{2764}\u{fe0f}…");
        for columns in 1..6 {
            assert!(width(&fit("a\u{2764}\u{fe0f}bcdef", columns)) <= columns);
        }
    }

    #[test]
    fn without_colours_nothing_is_coloured() {
        let plain = Palette { colors: false };
        for style in [
            plain.wrong(),
            plain.found(),
            plain.series(1),
            plain.cell(cells::Color::Red),
        ] {
            assert_eq!((style.fg, style.bg), (None, None));
        }
    }
}
