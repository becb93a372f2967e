//! Draws everything: what is asked on top, widgets in the middle, and what is known of them below.

mod bottom;
mod grid;

use crate::model::{Mode, Model};
use crate::palette::{fit, width, write};
use grid::{Scale, arranged};
use nixie_pxl::vis::Position as Place;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier};
use ratatui::widgets::Block;

/// From this size on all widgets are shown at once.
const GRID_WIDTH_MIN: u16 = 120;
const GRID_HEIGHT_MIN: u16 = 40;

impl Model {
    /// Draws what there is now.
    pub fn draw(&mut self, frame: &mut Frame<'_>) {
        self.settle();
        let missing = self.missing();
        let lines = u16::from(!missing.is_empty());
        let [top, middle, losses, status, selector] = Layout::vertical([
            Constraint::Length(1),
            Constraint::Fill(1),
            Constraint::Length(lines),
            Constraint::Length(1),
            Constraint::Length(1),
        ])
        .areas(frame.area());
        self.draw_top(frame, top);
        self.places.clear();
        self.draw_middle(frame, middle);
        let warning = self.palette.color(Color::Yellow);
        write(frame.buffer_mut(), losses, &missing, warning);
        self.draw_status(frame, status);
        self.draw_selector(frame, selector);
        self.draw_above(frame, middle);
    }

    /// Returns what is missing from the rows of the widget that keys go to, in words.
    fn missing(&mut self) -> String {
        let focus = self.focus;
        let missing = self.with_widget(focus, |_, table, _| table.missing());
        missing.unwrap_or_default()
    }

    fn draw_top(&self, frame: &mut Frame<'_>, area: Rect) {
        let line = match &self.command {
            Some(command) => crate::command::line(&command.script.name, &command.arguments),
            None => "no script; Ctrl-K chooses one".to_owned(),
        };
        let line = crate::cells::visible(&line);
        let agent = format!(" {}", self.agent);
        let room = usize::from(area.width).saturating_sub(width(&agent));
        let line = fit(&line, room);
        let padding = " ".repeat(room.saturating_sub(width(&line)));
        let style = self.palette.selected().add_modifier(Modifier::BOLD);
        write(
            frame.buffer_mut(),
            area,
            &format!("{line}{padding}{agent}"),
            style,
        );
    }

    fn draw_middle(&mut self, frame: &mut Frame<'_>, area: Rect) {
        if let Some(failure) = &mut self.failure {
            failure.draw_text(area, frame.buffer_mut(), self.palette);
            return;
        }
        if self.widgets.is_empty() {
            let text = match (&self.command, self.is_running()) {
                (None, _) => "",
                (Some(_), true) => "waiting for rows …",
                (Some(_), false) => "the script displays nothing; it needs `px.display(df)`",
            };
            write(frame.buffer_mut(), area, text, self.palette.faint());
            return;
        }
        let whole = frame.area();
        let is_large = whole.width >= GRID_WIDTH_MIN && whole.height >= GRID_HEIGHT_MIN;
        if is_large && !self.is_alone && self.widgets.len() > 1 {
            self.draw_grid(frame, area);
        } else {
            let [head, inside] =
                Layout::vertical([Constraint::Length(1), Constraint::Fill(1)]).areas(area);
            let rule = format!("─ {} ", self.widgets[self.focus].title);
            let rest = "─".repeat(usize::from(area.width).saturating_sub(width(&rule)));
            let style = self.palette.title();
            write(frame.buffer_mut(), head, &(rule + &rest), style);
            self.draw_widget(frame, self.focus, inside);
        }
    }

    fn draw_grid(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let given: Vec<Option<Place>> = self.widgets.iter().map(|widget| widget.position).collect();
        let places = arranged(&given);
        let scale = Scale::of(&places, area);
        let height = usize::from(area.height);
        let focused = scale.lines(&places[self.focus]);
        // A widget that is higher than the terminal is shown from its top.
        if focused.end > self.grid_top + height {
            self.grid_top = focused.end - height;
        }
        self.grid_top = self.grid_top.min(focused.start);
        for (index, place) in places.iter().enumerate() {
            let Some(rect) = scale.rect(place, self.grid_top) else {
                continue;
            };
            let style = if index == self.focus {
                self.palette.title()
            } else {
                self.palette.faint()
            };
            let title = format!(" {} {} ", index + 1, self.widgets[index].title);
            let block = Block::bordered().title(title).border_style(style);
            let inside = block.inner(rect);
            frame.render_widget(block, rect);
            self.draw_widget(frame, index, inside);
        }
    }

    fn draw_widget(&mut self, frame: &mut Frame<'_>, index: usize, area: Rect) {
        if area.is_empty() {
            return;
        }
        self.places.push((area, index));
        let buffer = frame.buffer_mut();
        let drawn = self.with_widget(index, |widget, table, look| {
            widget.body.draw(table, area, buffer, look);
        });
        if drawn.is_none() {
            let text = if self.is_running() {
                "waiting for rows …"
            } else {
                "the script gave no such table"
            };
            write(frame.buffer_mut(), area, text, self.palette.faint());
        }
    }

    /// Draws what lies above the widgets.
    fn draw_above(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let mut mode = std::mem::replace(&mut self.mode, Mode::Watching);
        match &mut mode {
            Mode::Viewer(viewer) => viewer.draw(area, frame.buffer_mut(), self.palette),
            Mode::Menu(menu) => {
                let (palette, known) = (self.palette, self.known());
                let caret = menu.draw(area, frame.buffer_mut(), palette, &known, self.remark());
                frame.set_cursor_position(caret);
            }
            Mode::Watching | Mode::Prompt(_) => {}
        }
        self.mode = mode;
    }

    /// Returns what is to be said of a complete command.
    const fn remark(&self) -> &'static str {
        match self.is_asking() {
            true => "asking the agent for names …",
            false => "",
        }
    }
}
