//! Draws everything: what is asked on top, widgets in the middle, and what is known of them below.

mod grid;

use crate::command::draw_line;
use crate::model::{Mode, Model};
use crate::palette::{fit, width};
use grid::{Scale, arranged};
use nixie_pxl::vis::Position as Place;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Position, Rect};
use ratatui::style::Modifier;
use ratatui::text::{Line, Span};
use ratatui::widgets::Block;

/// From this size on all widgets are shown at once.
const GRID_WIDTH_MIN: u16 = 120;
const GRID_HEIGHT_MIN: u16 = 40;

impl Model {
    /// Draws what there is now.
    pub fn draw(&mut self, frame: &mut Frame<'_>) {
        self.settle();
        let missing = self.missing();
        let lines = [1, u16::from(!missing.is_empty()), 1, 1];
        let [top, middle, losses, status, selector] = Layout::vertical([
            Constraint::Length(lines[0]),
            Constraint::Fill(1),
            Constraint::Length(lines[1]),
            Constraint::Length(lines[2]),
            Constraint::Length(lines[3]),
        ])
        .areas(frame.area());
        self.draw_top(frame, top);
        self.places.clear();
        self.draw_middle(frame, middle);
        let buffer = frame.buffer_mut();
        let warning = self.palette.color(ratatui::style::Color::Yellow);
        let columns = usize::from(losses.width);
        buffer.set_stringn(
            losses.x,
            losses.y,
            fit(&missing, columns),
            columns * usize::from(losses.height),
            warning,
        );
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
        let agent = format!(" {}", self.agent);
        let columns = usize::from(area.width);
        let room = columns.saturating_sub(width(&agent));
        let line = Line::from(vec![
            Span::raw(format!(
                "{:room$}",
                fit(&crate::cells::visible(&line), room)
            )),
            Span::raw(agent),
        ]);
        let style = self.palette.selected().add_modifier(Modifier::BOLD);
        let buffer = frame.buffer_mut();
        buffer.set_line(area.x, area.y, &line, area.width);
        buffer.set_style(area, style);
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
            frame.buffer_mut().set_stringn(
                area.x,
                area.y,
                text,
                area.width.into(),
                self.palette.faint(),
            );
            return;
        }
        let whole = frame.area();
        let is_large = whole.width >= GRID_WIDTH_MIN && whole.height >= GRID_HEIGHT_MIN;
        if is_large && !self.is_alone && self.widgets.len() > 1 {
            self.draw_grid(frame, area);
        } else {
            let title = self.widgets[self.focus].title.clone();
            let rule = format!(
                "─ {} ",
                fit(&title, usize::from(area.width).saturating_sub(4))
            );
            let rest = "─".repeat(usize::from(area.width).saturating_sub(width(&rule)));
            let buffer = frame.buffer_mut();
            buffer.set_stringn(
                area.x,
                area.y,
                rule + &rest,
                area.width.into(),
                self.palette.title(),
            );
            let inside = Rect::new(
                area.x,
                area.y + 1,
                area.width,
                area.height.saturating_sub(1),
            );
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
            frame.buffer_mut().set_stringn(
                area.x,
                area.y,
                text,
                area.width.into(),
                self.palette.faint(),
            );
        }
    }

    fn draw_status(&mut self, frame: &mut Frame<'_>, area: Rect) {
        if let Mode::Prompt(prompt) = &self.mode {
            let word = if prompt.is_filter {
                "filter: "
            } else {
                "search: "
            };
            let caret = draw_line(&prompt.input, word, area, frame.buffer_mut());
            frame.set_cursor_position(caret);
            let room = area.right().saturating_sub(caret.x + 2);
            let problem = fit(&prompt.problem, usize::from(room));
            let buffer = frame.buffer_mut();
            buffer.set_stringn(
                caret.x + 2,
                area.y,
                problem,
                room.into(),
                self.palette.wrong(),
            );
            return;
        }
        let notes = [self.message.clone(), self.notice.clone()];
        let notes: Vec<String> = notes.into_iter().filter(|note| !note.is_empty()).collect();
        let columns = usize::from(area.width);
        if !notes.is_empty() {
            let text = fit(&crate::cells::visible(&notes.join("; ")), columns);
            frame
                .buffer_mut()
                .set_stringn(area.x, area.y, text, columns, self.palette.wrong());
            return;
        }
        let focus = self.focus;
        let status = self.with_widget(focus, |widget, table, _| widget.body.status(table));
        let mut status = status
            .filter(|_| self.failure.is_none())
            .unwrap_or_default();
        if let Some(pattern) = &self.pattern {
            status += &format!("; searching `{pattern}`, n and p step");
        }
        let text = fit(&crate::cells::visible(&status), columns);
        frame
            .buffer_mut()
            .set_stringn(area.x, area.y, text, columns, ratatui::style::Style::new());
    }

    /// Draws the numbers of the widgets, and how it goes on.
    fn draw_selector(&self, frame: &mut Frame<'_>, area: Rect) {
        let state = match (self.is_running(), self.refreshes) {
            (true, _) => "running".to_owned(),
            (false, true) => format!("every {} s", self.refresh.as_secs_f64()),
            (false, false) => "refresh off".to_owned(),
        };
        let state = format!(" {state} · ? keys");
        let columns = usize::from(area.width);
        let room = columns.saturating_sub(width(&state));
        let names: Vec<String> = self
            .widgets
            .iter()
            .enumerate()
            .map(|(index, widget)| format!(" {} {} ", index + 1, fit(&widget.title, 20)))
            .collect();
        // The focused one is always seen.
        let mut first = 0;
        while first < self.focus
            && names[first..=self.focus]
                .iter()
                .map(|name| width(name))
                .sum::<usize>()
                > room
        {
            first += 1;
        }
        let buffer = frame.buffer_mut();
        let mut x = 0;
        for (index, name) in names.iter().enumerate().skip(first) {
            if x >= room {
                break;
            }
            let style = if index == self.focus {
                self.palette.selected()
            } else {
                self.palette.faint()
            };
            let name = fit(name, room - x);
            let at = area.x + u16::try_from(x).unwrap_or(0);
            buffer.set_stringn(at, area.y, &name, room - x, style);
            x += width(&name);
        }
        let at = area.x + u16::try_from(room).unwrap_or(0);
        buffer.set_stringn(at, area.y, &state, columns, self.palette.title());
    }

    /// Draws what lies above the widgets.
    fn draw_above(&mut self, frame: &mut Frame<'_>, area: Rect) {
        let mut mode = std::mem::replace(&mut self.mode, Mode::Watching);
        match &mut mode {
            Mode::Viewer(viewer) => viewer.draw(area, frame.buffer_mut(), self.palette),
            Mode::Menu(menu) => {
                let caret: Position = menu.draw(
                    area,
                    frame.buffer_mut(),
                    self.palette,
                    &self.known(),
                    self.remark(),
                );
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
