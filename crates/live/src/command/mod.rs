//! The command menu: a line for a script and its arguments, with what could stand there.

mod entities;
mod fuzzy;
mod input;
mod suggest;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use entities::Entities;
pub(crate) use input::TextInput;
pub(crate) use words::line;

use crate::keys::{leaves, scrolled};
use crate::palette::{Palette, explain, fit, width, write};
use crate::source::{Named, Script};
use crossterm::event::{KeyCode, KeyEvent};
use nixie_pxl::vis::{VariableKind, Vis};
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::style::{Color, Style};
use ratatui::widgets::{Block, Clear, Widget as _};
use std::collections::BTreeMap;
use std::sync::Arc;
use suggest::{Suggestion, suggestions};
use words::{arguments, open_quote, words};

/// Lines for suggestions.
const LIST_LINES: u16 = 8;

/// Lines for the frame, the line, what separates it, and the description.
const OTHER_LINES: u16 = 6;

/// What the menu knows.
pub(crate) struct Known<'a> {
    /// All scripts by name.
    pub(crate) scripts: &'a [Named],
    /// Those that have been read; a script that cannot be, with why.
    pub(crate) read: &'a BTreeMap<String, Result<Arc<Script>, String>>,
    pub(crate) entities: &'a Entities,
}

impl Known<'_> {
    fn script(&self, name: &str) -> Option<&Arc<Script>> {
        self.read.get(name)?.as_ref().ok()
    }
}

/// A script and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    pub(crate) script: Arc<Script>,
    pub(crate) arguments: BTreeMap<String, String>,
}

/// What becomes of the menu after a key.
pub(crate) enum Outcome {
    Stays,
    Closes,
    Runs(Command),
}

/// The open menu.
#[derive(Debug)]
pub(crate) struct Menu {
    input: TextInput,
    /// The chosen suggestion, once one is in the list.
    chosen: Option<usize>,
    top: usize,
}

impl Menu {
    pub(crate) fn new(line: String) -> Self {
        Self {
            input: TextInput::new(line),
            chosen: None,
            top: 0,
        }
    }

    /// Returns the name of the script that stands in the line, if there is one.
    pub(crate) fn script_name(&self) -> Option<String> {
        let first = words(self.input.text()).into_iter().next()?;
        Some(first.text).filter(|name| !name.is_empty())
    }

    /// Does what a key means here.
    pub(crate) fn press(&mut self, key: KeyEvent, known: &Known<'_>) -> Outcome {
        let (_, found) = suggestions(self.input.before(), known);
        let last = found.len().checked_sub(1);
        match key.code {
            _ if leaves(key) => return Outcome::Closes,
            KeyCode::Down => {
                self.chosen = last.map(|last| self.chosen.map_or(0, |at| at + 1).min(last))
            }
            KeyCode::Up => self.chosen = self.chosen.and_then(|at| at.checked_sub(1)),
            KeyCode::Tab => {
                if let Some(suggestion) = found.get(self.chosen.unwrap_or(0)) {
                    self.accept(suggestion, known);
                }
            }
            KeyCode::Enter => {
                if let Some(suggestion) = self.chosen.and_then(|at| found.get(at)) {
                    self.accept(suggestion, known);
                    return Outcome::Stays;
                }
                match (command(self.input.text(), known), found.first()) {
                    (Ok(command), _) => return Outcome::Runs(command),
                    // What is typed is a part of something: the best of it.
                    (Err(_), Some(suggestion)) => self.accept(suggestion, known),
                    (Err(_), None) => {}
                }
            }
            _ => {
                if self.input.press(key) {
                    self.chosen = None;
                }
            }
        }
        Outcome::Stays
    }

    /// Puts a suggestion into the line, with a space behind it.
    fn accept(&mut self, suggestion: &Suggestion, known: &Known<'_>) {
        let (part, _) = suggestions(self.input.before(), known);
        // The caret may stand within the word.
        let behind = &self.input.text()[part.end..];
        let rest = behind.find(char::is_whitespace).unwrap_or(behind.len());
        let followed = behind[rest..].starts_with(' ');
        let part = part.start..part.end + rest;
        let space = if followed { "" } else { " " };
        self.input
            .replace(part, &format!("{}{space}", suggestion.text));
        if followed {
            self.input.press(KeyEvent::from(KeyCode::Right));
        }
        self.chosen = None;
    }

    /// Draws the menu over what is there; returns where the caret is.
    pub(crate) fn draw(
        &mut self,
        area: Rect,
        buffer: &mut Buffer,
        palette: Palette,
        known: &Known<'_>,
        remark: &str,
    ) -> Position {
        let height = (LIST_LINES + OTHER_LINES).min(area.height);
        let area = Rect::new(area.x, area.y, area.width, height);
        Clear.render(area, buffer);
        let valid = command(self.input.text(), known);
        // The frame says by its colour what its title says.
        let (title, color) = match &valid {
            Ok(_) => (" command: Enter runs it ", Color::Green),
            Err(_) => (" command: not complete ", Color::Yellow),
        };
        let block = Block::bordered()
            .title(title)
            .title_bottom(" Tab completes  Down chooses  Ctrl-U clears  Esc closes ")
            .border_style(palette.color(color));
        let inside = block.inner(area);
        block.render(area, buffer);
        let columns = usize::from(inside.width);
        let caret = self.draw_input(inside, buffer);
        let (_, found) = suggestions(self.input.before(), known);
        let lines = inside.height.saturating_sub(OTHER_LINES - 2);
        self.top = scrolled(
            self.top,
            self.chosen.unwrap_or(0),
            usize::from(lines).max(1),
        );
        let names = found
            .iter()
            .map(|suggestion| width(&suggestion.shown))
            .max()
            .unwrap_or(0);
        let names = names.min(columns / 2);
        let shown = found.iter().enumerate().skip(self.top);
        for ((number, suggestion), line) in shown.zip(0..lines) {
            let (x, y) = (inside.x, inside.y + 1 + line);
            let name = fit(&crate::cells::visible(&suggestion.shown), names);
            let text = format!("{name:names$}  {}", suggestion.description);
            buffer.set_stringn(x, y, fit(&text, columns), columns, palette.faint());
            buffer.set_stringn(x, y, name, columns, palette.title());
            if self.chosen == Some(number) {
                buffer.set_style(Rect::new(x, y, inside.width, 1), palette.selected());
            }
        }
        let description = match (self.chosen.and_then(|at| found.get(at)), valid) {
            (Some(suggestion), _) => suggestion.description.clone(),
            (None, Err(problem)) => problem,
            (None, Ok(_)) => remark.to_owned(),
        };
        let y = inside.y + 1 + lines;
        if y < inside.bottom() {
            let rule = "─".repeat(columns);
            buffer.set_stringn(inside.x, y, rule, columns, palette.faint());
            let place = Rect::new(
                inside.x,
                y + 1,
                inside.width,
                inside.bottom().saturating_sub(y + 1),
            );
            explain(buffer, place, &description, Style::new());
        }
        caret
    }

    /// Draws the line; of one that is too long, the part around the caret.
    fn draw_input(&self, area: Rect, buffer: &mut Buffer) -> Position {
        draw_line(&self.input, "› ", area, buffer)
    }
}

/// Draws a line that is typed behind a prompt; returns where the caret is.
pub(crate) fn draw_line(
    input: &TextInput,
    prompt: &str,
    area: Rect,
    buffer: &mut Buffer,
) -> Position {
    let room = usize::from(area.width).saturating_sub(width(prompt) + 1);
    let mut start = 0;
    for (at, char) in input.before().char_indices() {
        if width(&input.before()[start..]) <= room {
            break;
        }
        start = at + char.len_utf8();
    }
    let text = format!("{prompt}{}", &input.text()[start..]);
    write(buffer, area, &text, Style::new());
    let x = width(prompt) + width(&input.before()[start..]);
    Position::new(
        area.x
            + u16::try_from(x)
                .unwrap_or(0)
                .min(area.width.saturating_sub(1)),
        area.y,
    )
}

/// Returns what a line asks for, or what is wrong with it.
pub(crate) fn command(line: &str, known: &Known<'_>) -> Result<Command, String> {
    let words = words(line);
    let (name, rest) = words
        .split_first()
        .ok_or("type a part of a script's name")?;
    let script = match known.read.get(&name.text) {
        Some(script) => Arc::clone(script.as_ref().map_err(Clone::clone)?),
        None => return Err(format!("there is no script `{}`", name.text)),
    };
    if let Some(quote) = open_quote(line) {
        return Err(format!("the quote {quote} is not closed"));
    }
    let arguments = arguments(rest)?;
    if script.vis.has_calls() {
        script.vis.calls(&arguments).map_err(|problems| {
            let problems = problems.into_iter().map(|problem| match problem.help {
                Some(help) => format!("{}: {help}", problem.message),
                None => problem.message,
            });
            problems.collect::<Vec<_>>().join("; ")
        })?;
        check_values(&script.vis, &arguments)?;
    }
    Ok(Command { script, arguments })
}

/// Refuses values that are not of the types of their variables, before a run does.
fn check_values(vis: &Vis, arguments: &BTreeMap<String, String>) -> Result<(), String> {
    for variable in &vis.variables {
        let given = arguments.get(&*variable.name).map(|value| value.trim());
        let Some(value) = given.filter(|value| !value.is_empty()) else {
            continue;
        };
        let (fits, wanted) = match variable.kind {
            VariableKind::Boolean => (is_boolean(value), "`true` or `false`"),
            VariableKind::Float64 => (value.parse::<f64>().is_ok(), "a number"),
            VariableKind::Int64 => (value.parse::<i64>().is_ok(), "a whole number"),
            _ => continue,
        };
        if !fits {
            let name = &variable.name;
            return Err(format!("`{value}` for argument `{name}` is not {wanted}"));
        }
    }
    Ok(())
}

/// Returns true for the words that scripts take for true and false.
fn is_boolean(value: &str) -> bool {
    const WORDS: [&str; 10] = ["true", "t", "yes", "y", "1", "false", "f", "no", "n", "0"];
    WORDS.iter().any(|word| word.eq_ignore_ascii_case(value))
}
