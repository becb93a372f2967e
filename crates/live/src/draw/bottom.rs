//! The lines below the widgets: what is known of the rows, and how it goes on.

use crate::cells::visible;
use crate::command::draw_line;
use crate::model::{Mode, Model, Prompt};
use crate::palette::{fit, width, write};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;

/// LIMIT: columns of a widget's title in the selector.
const TITLE_COLUMNS_MAX: usize = 20;

impl Model {
    /// Draws what is typed, else what is to be said, else which rows are shown.
    pub(super) fn draw_status(&mut self, frame: &mut Frame<'_>, area: Rect) {
        if let Mode::Prompt(prompt) = &self.mode {
            self.draw_prompt(prompt, frame, area);
            return;
        }
        let notes = [self.message.as_str(), self.notice.as_str()];
        let notes: Vec<&str> = notes.into_iter().filter(|note| !note.is_empty()).collect();
        if !notes.is_empty() {
            let text = visible(&notes.join("; "));
            write(frame.buffer_mut(), area, &text, self.palette.wrong());
            return;
        }
        let focus = self.focus;
        let status = self.with_widget(focus, |widget, table, _| widget.body.status(table));
        let status = status.filter(|_| self.failure.is_none());
        let mut status = status.unwrap_or_default();
        if let Some(pattern) = &self.pattern {
            status += &format!("; searching `{pattern}`, n and p step");
        }
        write(frame.buffer_mut(), area, &visible(&status), Style::new());
    }

    fn draw_prompt(&self, prompt: &Prompt, frame: &mut Frame<'_>, area: Rect) {
        let word = if prompt.is_filter {
            "filter: "
        } else {
            "search: "
        };
        let caret = draw_line(&prompt.input, word, area, frame.buffer_mut());
        frame.set_cursor_position(caret);
        let behind = area.right().saturating_sub(caret.x + 2);
        let place = Rect::new(caret.x + 2, area.y, behind, area.height);
        let style = self.palette.wrong();
        write(frame.buffer_mut(), place, &prompt.problem, style);
    }

    /// Draws the numbers of the widgets, and how it goes on.
    pub(super) fn draw_selector(&self, frame: &mut Frame<'_>, area: Rect) {
        let state = match (self.is_running(), self.refreshes) {
            (true, _) => "running".to_owned(),
            (false, true) => format!("every {} s", self.refresh.as_secs_f64()),
            (false, false) => "refresh off".to_owned(),
        };
        let state = format!(" {state} · ? keys");
        let columns = u16::try_from(width(&state)).unwrap_or(u16::MAX);
        let [mut left, right] =
            Layout::horizontal([Constraint::Fill(1), Constraint::Length(columns)]).areas(area);
        write(frame.buffer_mut(), right, &state, self.palette.title());
        let names: Vec<String> = self
            .widgets
            .iter()
            .enumerate()
            .map(|(index, widget)| {
                let title = fit(&widget.title, TITLE_COLUMNS_MAX);
                format!(" {} {title} ", index + 1)
            })
            .collect();
        let first = self.first_named(&names, usize::from(left.width));
        for (index, name) in names.iter().enumerate().skip(first) {
            let style = match index == self.focus {
                true => self.palette.selected(),
                false => self.palette.faint(),
            };
            write(frame.buffer_mut(), left, name, style);
            let used = u16::try_from(width(name)).unwrap_or(u16::MAX);
            let used = used.min(left.width);
            left = Rect::new(left.x + used, left.y, left.width - used, left.height);
        }
    }

    /// Returns the first name to draw so that the one that keys go to is seen.
    fn first_named(&self, names: &[String], room: usize) -> usize {
        let mut used = 0;
        let up_to = names.iter().take(self.focus + 1).rev();
        let fitting = up_to.take_while(|name| {
            used += width(name);
            used <= room
        });
        (self.focus + 1).min(names.len()) - fitting.count().max(1).min(names.len())
    }
}
