//! What keys do.

use super::{Effect, Mode, Model, Prompt};
use crate::command::{Known, Outcome, TextInput};
use crate::keys::{is_control, leaves, reference_text, typed};
use crate::viewer::{Kind, Viewer};
use crate::widget::{Opened, Step};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use regex::{Regex, RegexBuilder};

/// LIMIT: bytes of a compiled pattern.
const PATTERN_BYTES_MAX: usize = 1 << 20;

impl Model {
    pub(super) fn press(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        // What terminals send for Alt is Esc and the key; nothing here has a meaning of its own
        // with Alt, but who presses Esc and goes on quickly means both.
        if key.modifiers.contains(KeyModifiers::ALT) && key.code != KeyCode::Esc {
            self.press(KeyCode::Esc.into(), effects);
            let modifiers = key.modifiers - KeyModifiers::ALT;
            self.press(KeyEvent::new(key.code, modifiers), effects);
            return;
        }
        if is_control(key, 'c') {
            effects.push(Effect::Quit);
            return;
        }
        match &mut self.mode {
            Mode::Watching => self.press_watching(key, effects),
            Mode::Viewer(viewer) => {
                if !viewer.press(key) {
                    self.mode = Mode::Watching;
                }
            }
            Mode::Menu(_) => self.press_menu(key, effects),
            Mode::Prompt(_) => self.press_prompt(key),
        }
    }

    fn press_watching(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        self.message.clear();
        let count = self.widgets.len().max(1);
        match key.code {
            _ if is_control(key, 'k') => self.open_menu(effects),
            _ if is_control(key, 'r') => self.run_anew(effects),
            _ if is_control(key, 'v') => self.open_script(),
            _ if is_control(key, 'n') => self.focus = (self.focus + 1) % count,
            _ if is_control(key, 'p') => self.focus = (self.focus + count - 1) % count,
            _ if is_control(key, 's') => self.open_prompt(false),
            _ if leaves(key) => self.pattern = None,
            _ if typed(key).is_none() => self.press_widget(key),
            KeyCode::Char('q') => effects.push(Effect::Quit),
            KeyCode::Char('?') => {
                self.mode = Mode::Viewer(Viewer::new("keys", Kind::Plain, reference_text()));
            }
            KeyCode::Char('/') => self.open_prompt(false),
            KeyCode::Char('f') => self.open_prompt(true),
            KeyCode::Char('n') => self.find(Step::Next),
            KeyCode::Char('p') => self.find(Step::Previous),
            KeyCode::Char('a') => self.toggle_refresh(),
            KeyCode::Char('z') => self.is_alone = !self.is_alone,
            KeyCode::Char(digit @ '0'..='9') => {
                // `0` is behind `9`.
                let number = digit.to_digit(10).filter(|&digit| digit > 0).unwrap_or(10) as usize;
                self.focus = if number <= count {
                    number - 1
                } else {
                    self.focus
                };
            }
            _ => self.press_widget(key),
        }
    }

    fn press_widget(&mut self, key: KeyEvent) {
        if let Some(failure) = &mut self.failure {
            failure.press(key);
            return;
        }
        let focus = self.focus;
        let opened = self.with_widget(focus, |widget, table, _| widget.body.press(table, key));
        self.open(opened.flatten());
    }

    pub(super) fn open(&mut self, opened: Option<Opened>) {
        if let Some(Opened { title, text }) = opened {
            self.mode = Mode::Viewer(Viewer::new(title, Kind::Json, text));
        }
    }

    fn open_script(&mut self) {
        if let Some(command) = &self.command {
            let (name, text) = (command.script.name.clone(), command.script.text.clone());
            self.mode = Mode::Viewer(Viewer::new(name, Kind::Plain, text));
        }
    }

    fn toggle_refresh(&mut self) {
        self.refreshes = !self.refreshes;
        if self.refreshes && !self.is_running() {
            self.next_run = Some(self.now + self.refresh);
        }
    }

    fn press_menu(&mut self, key: KeyEvent, effects: &mut Vec<Effect>) {
        let Mode::Menu(menu) = &mut self.mode else {
            return;
        };
        let known = Known {
            scripts: &self.scripts,
            read: &self.read,
            entities: &self.entities,
        };
        match menu.press(key, &known) {
            Outcome::Stays => {
                let name = menu.script_name();
                let is_known =
                    |name: &String| self.scripts.iter().any(|script| script.name == *name);
                let new = name.filter(|name| is_known(name) && !self.read.contains_key(name));
                effects.extend(new.map(|name| Effect::Find { name }));
            }
            Outcome::Closes => self.mode = Mode::Watching,
            Outcome::Runs(command) => {
                self.mode = Mode::Watching;
                self.failure = None;
                self.notice.clear();
                self.begin(command, effects);
            }
        }
    }

    fn open_prompt(&mut self, is_filter: bool) {
        self.mode = Mode::Prompt(Prompt {
            is_filter,
            input: TextInput::default(),
            problem: String::new(),
        });
    }

    fn press_prompt(&mut self, key: KeyEvent) {
        let Mode::Prompt(prompt) = &mut self.mode else {
            return;
        };
        let is_filter = prompt.is_filter;
        if leaves(key) {
            self.mode = Mode::Watching;
            if !is_filter {
                self.pattern = None;
            }
        } else if is_control(key, 's') && !is_filter {
            self.find(Step::Next);
        } else if is_control(key, 'r') && !is_filter {
            self.find(Step::Previous);
        } else if key.code == KeyCode::Enter {
            match pattern(prompt.input.text()) {
                Ok(pattern) if is_filter => self.filter(pattern),
                Ok(_) => self.mode = Mode::Watching,
                Err(problem) => prompt.problem = problem,
            }
        } else if prompt.input.press(key) {
            match pattern(prompt.input.text()) {
                Ok(pattern) if !is_filter => {
                    prompt.problem.clear();
                    self.pattern = pattern;
                    self.find(Step::Here);
                }
                Ok(_) => prompt.problem.clear(),
                // A pattern that is being typed is often not complete yet; it is told quietly.
                Err(problem) => prompt.problem = problem,
            }
        }
    }

    fn filter(&mut self, pattern: Option<Regex>) {
        self.mode = Mode::Watching;
        let focus = self.focus;
        let done = self.with_widget(focus, |widget, table, _| widget.body.filter(table, pattern));
        self.message = match done {
            Some(false) => "only tables can be filtered".to_owned(),
            _ => String::new(),
        };
    }

    fn find(&mut self, step: Step) {
        let Some(pattern) = self.pattern.clone() else {
            return;
        };
        let focus = self.focus;
        let found = self.with_widget(focus, |widget, table, _| {
            widget.body.find(table, &pattern, step)
        });
        let problem = match found {
            Some(true) => String::new(),
            _ => format!("`{pattern}` is not found"),
        };
        match &mut self.mode {
            Mode::Prompt(prompt) => prompt.problem = problem,
            _ => self.message = problem,
        }
    }
}

/// Returns a pattern, nothing for an empty one. Letters fit both cases unless one is upper case.
fn pattern(text: &str) -> Result<Option<Regex>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let built = RegexBuilder::new(text)
        .case_insensitive(!text.contains(char::is_uppercase))
        .size_limit(PATTERN_BYTES_MAX)
        .build();
    built.map(Some).map_err(|error| {
        let text = error.to_string();
        let last = text.lines().last().unwrap_or_default();
        last.trim().trim_start_matches("error: ").to_owned()
    })
}
