//! What is shown, and what each input changes.

mod keys;
mod runs;
#[cfg(test)]
mod tests;

use crate::command::{Command, Entities, Known, Menu, TextInput};
use crate::data::{Results, Table};
use crate::palette::Palette;
use crate::source::{Named, Script, Told};
use crate::viewer::Viewer;
use crate::widget::{Click, Look, Widget};
use crossterm::event::{Event, KeyEventKind, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::{Position, Rect};
use regex::Regex;
use runs::Run;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Two clicks on one place within this time are a double click.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);

/// Period of the automatic refresh when it is turned on and none was asked for.
const REFRESH_DEFAULT: Duration = Duration::from_secs(5);

/// How the terminal UI starts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where the agent listens.
    pub agent: String,
    /// Scripts that can be asked for by name, sorted.
    pub scripts: Vec<Named>,
    /// Script to run, with its arguments; without one the command menu opens.
    pub start: Option<(Script, BTreeMap<String, String>)>,
    /// Time from the end of a run to the next; none means that nothing is run by itself.
    pub refresh: Option<Duration>,
    /// False to draw without colours.
    pub colors: bool,
}

/// Something that happens.
#[derive(Debug)]
pub enum Input {
    /// Time passes.
    Tick,
    /// A key, a click, another size.
    Terminal(Event),
    /// A run tells something.
    Told {
        /// Number of the run.
        run: u64,
        /// What it tells.
        told: Told,
    },
    /// A script that was asked for by name, or why it cannot be read.
    Found {
        /// The name.
        name: String,
        /// The script.
        script: Result<Script, String>,
    },
}

/// Something to be done by whoever owns the model.
#[derive(Debug)]
pub enum Effect {
    /// Run a script and tell what it gives.
    Run {
        /// Number of the run.
        run: u64,
        /// What to run.
        script: Arc<Script>,
        /// Its arguments.
        arguments: BTreeMap<String, String>,
    },
    /// Nobody waits for that run any more.
    Cancel {
        /// Number of the run.
        run: u64,
    },
    /// Find a script by name.
    Find {
        /// The name.
        name: String,
    },
    /// End the program.
    Quit,
}

/// What keys go to.
#[derive(Debug)]
pub(crate) enum Mode {
    Watching,
    Menu(Menu),
    Prompt(Prompt),
    Viewer(Viewer),
}

/// A line that is typed at the bottom.
#[derive(Debug)]
pub(crate) struct Prompt {
    pub(crate) is_filter: bool,
    pub(crate) input: TextInput,
    /// What is wrong with it.
    pub(crate) problem: String,
}

/// Everything that is shown.
pub struct Model {
    pub(crate) agent: String,
    pub(crate) palette: Palette,
    scripts: Vec<Named>,
    /// Scripts that have been read, by name.
    read: BTreeMap<String, Result<Arc<Script>, String>>,
    entities: Entities,
    /// What is being shown.
    pub(crate) command: Option<Command>,
    pub(crate) widgets: Vec<Widget>,
    /// The widget that keys go to.
    pub(crate) focus: usize,
    /// On a large terminal, only the widget that keys go to.
    pub(crate) is_alone: bool,
    results: Results,
    /// A run whose results are not shown, or are shown as they come.
    pending: Option<Run>,
    /// The run that asks for what arguments can name.
    asking: Option<Run>,
    runs: u64,
    /// The script that is shown is being read again, to be run as it is now.
    is_rereading: bool,
    /// Widgets have not seen the newest rows.
    is_stale: bool,
    /// Why the last run failed, in the middle.
    pub(crate) failure: Option<Viewer>,
    /// What came of the last key, if that is to be said.
    pub(crate) message: String,
    /// Why the agent does not answer, and what the last run did besides giving rows.
    pub(crate) notice: String,
    pub(crate) refresh: Duration,
    pub(crate) refreshes: bool,
    /// When to run again.
    next_run: Option<Duration>,
    pub(crate) mode: Mode,
    pub(crate) pattern: Option<Regex>,
    now: Duration,
    last_click: Option<(Duration, Position)>,
    /// Where widgets were drawn, without their titles.
    pub(crate) places: Vec<(Rect, usize)>,
    /// First line of the grid that is shown.
    pub(crate) grid_top: usize,
    nothing: Table,
}

impl Model {
    /// Returns what is shown at first, and what to do for it.
    #[must_use]
    pub fn new(options: Options) -> (Self, Vec<Effect>) {
        let refreshes = options.refresh.is_some();
        let mut model = Self {
            agent: options.agent,
            palette: Palette {
                colors: options.colors,
            },
            scripts: options.scripts,
            read: BTreeMap::new(),
            entities: Entities::default(),
            command: None,
            widgets: Vec::new(),
            focus: 0,
            is_alone: false,
            results: Results::default(),
            pending: None,
            asking: None,
            runs: 0,
            is_rereading: false,
            is_stale: false,
            failure: None,
            message: String::new(),
            notice: String::new(),
            refresh: options.refresh.unwrap_or(REFRESH_DEFAULT),
            refreshes,
            next_run: None,
            mode: Mode::Watching,
            pattern: None,
            now: Duration::ZERO,
            last_click: None,
            places: Vec::new(),
            grid_top: 0,
            nothing: Table::default(),
        };
        let mut effects = Vec::new();
        match options.start {
            Some((script, arguments)) => {
                let script = Arc::new(script);
                let known = Ok(Arc::clone(&script));
                model.read.insert(script.name.clone(), known);
                model.begin(Command { script, arguments }, &mut effects);
            }
            None => model.open_menu(&mut effects),
        }
        (model, effects)
    }

    /// Takes an input at a time since the start; returns what to do.
    pub fn update(&mut self, input: Input, now: Duration) -> Vec<Effect> {
        self.now = now;
        let mut effects = Vec::new();
        match input {
            Input::Tick => self.tick(&mut effects),
            Input::Terminal(Event::Key(key)) if key.kind != KeyEventKind::Release => {
                self.settle();
                self.press(key, &mut effects);
            }
            Input::Terminal(Event::Mouse(mouse)) => {
                self.settle();
                self.mouse(mouse);
            }
            Input::Terminal(_) => {}
            Input::Told { run, told } => self.told(run, told),
            Input::Found { name, script } => self.found(name, script, &mut effects),
        }
        effects
    }

    /// Returns the rows that are shown.
    pub(crate) fn shown(&self) -> &Results {
        match &self.pending {
            Some(run) if run.is_shown => &run.results,
            _ => &self.results,
        }
    }

    pub(crate) const fn is_running(&self) -> bool {
        self.pending.is_some()
    }

    /// Returns true while names for completion are being asked for.
    pub(crate) const fn is_asking(&self) -> bool {
        self.asking.is_some()
    }

    pub(crate) fn known(&self) -> Known<'_> {
        Known {
            scripts: &self.scripts,
            read: &self.read,
            entities: &self.entities,
        }
    }

    /// Does something with a widget, its rows, and how it is drawn; nothing if there is none.
    pub(crate) fn with_widget<T>(
        &mut self,
        index: usize,
        act: impl FnOnce(&mut Widget, &Table, Look<'_>) -> T,
    ) -> Option<T> {
        let results = match &self.pending {
            Some(run) if run.is_shown => &run.results,
            _ => &self.results,
        };
        let widget = self.widgets.get_mut(index)?;
        let look = Look {
            palette: self.palette,
            focused: index == self.focus,
            pattern: self.pattern.as_ref(),
        };
        match (widget.data(results), &widget.table) {
            (Some(table), _) => Some(act(widget, table, look)),
            (None, None) => Some(act(widget, &self.nothing, look)),
            (None, Some(_)) => None,
        }
    }

    /// Lets widgets see the newest rows, and makes widgets for tables that have none.
    pub(crate) fn settle(&mut self) {
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        let new: Vec<String> = self
            .shown()
            .tables
            .iter()
            .filter(|table| !self.widgets.iter().any(|widget| widget.shows(&table.name)))
            .map(|table| table.name.clone())
            .collect();
        self.widgets
            .extend(new.iter().map(|name| Widget::plain(name)));
        for index in 0..self.widgets.len() {
            self.with_widget(index, |widget, table, _| widget.body.update(table));
        }
        self.focus = self.focus.min(self.widgets.len().saturating_sub(1));
    }

    fn open_menu(&mut self, effects: &mut Vec<Effect>) {
        let line = self.command.as_ref().map_or_else(String::new, |command| {
            let name = &command.script.name;
            format!("{} ", crate::command::line(name, &command.arguments))
        });
        self.mode = Mode::Menu(Menu::new(line));
        self.ask_entities(effects);
    }

    fn mouse(&mut self, mouse: MouseEvent) {
        let place = Position::new(mouse.column, mouse.row);
        let down = match mouse.kind {
            MouseEventKind::ScrollDown => true,
            MouseEventKind::ScrollUp => false,
            MouseEventKind::Down(MouseButton::Left) => return self.click(place),
            _ => return,
        };
        let code = if down {
            crossterm::event::KeyCode::Down
        } else {
            crossterm::event::KeyCode::Up
        };
        match (&mut self.mode, &mut self.failure) {
            (Mode::Viewer(viewer), _) | (Mode::Watching, Some(viewer)) => viewer.scroll(down),
            (Mode::Watching, None) => {
                let focus = self.focus;
                self.with_widget(focus, |widget, table, _| {
                    widget.body.press(table, code.into())
                });
            }
            (Mode::Menu(_) | Mode::Prompt(_), _) => {}
        }
    }

    fn click(&mut self, place: Position) {
        let before = self.last_click.replace((self.now, place));
        let double = before.is_some_and(|(time, at)| at == place && self.now - time < DOUBLE_CLICK);
        if !matches!(self.mode, Mode::Watching) || self.failure.is_some() {
            return;
        }
        let Some(&(_, index)) = self.places.iter().find(|(area, _)| area.contains(place)) else {
            return;
        };
        self.focus = index;
        let (x, y) = (place.x, place.y);
        let click = Click { x, y, double };
        let opened = self.with_widget(index, |widget, table, _| widget.body.click(table, click));
        self.open(opened.flatten());
    }
}
