//! Runs: what is asked of the agent, when, and what its answers change.

use super::{Effect, Mode, Model};
use crate::command::{Command, Entities};
use crate::data::Results;
use crate::source::{Script, Told};
use crate::viewer::{Kind, Viewer};
use crate::widget::Widget;
use std::sync::Arc;

/// A run that has not ended.
#[derive(Debug, Default)]
pub(super) struct Run {
    pub(super) number: u64,
    pub(super) results: Results,
    /// Rows are shown as they come, as there are no older ones of the same command.
    pub(super) is_shown: bool,
}

impl Model {
    /// Shows another command.
    pub(super) fn begin(&mut self, command: Command, effects: &mut Vec<Effect>) {
        let is_same = self
            .command
            .as_ref()
            .is_some_and(|shown| Arc::ptr_eq(&shown.script, &command.script));
        if !is_same {
            self.widgets = Widget::of(&command.script.vis);
            self.focus = 0;
            self.grid_top = 0;
            self.pattern = None;
            self.places.clear();
        }
        self.results = Results::default();
        self.is_stale = true;
        self.command = Some(command);
        self.run(effects);
    }

    /// Runs the command that is shown.
    pub(super) fn run(&mut self, effects: &mut Vec<Effect>) {
        let Some(command) = &self.command else {
            return;
        };
        if let Some(run) = self.pending.take() {
            effects.push(Effect::Cancel { run: run.number });
        }
        self.runs += 1;
        effects.push(Effect::Run {
            run: self.runs,
            script: Arc::clone(&command.script),
            arguments: command.arguments.clone(),
        });
        self.pending = Some(Run {
            number: self.runs,
            results: Results::default(),
            is_shown: self.results.is_empty(),
        });
        self.next_run = None;
    }

    /// Runs the command that is shown by what its script is now.
    pub(super) fn run_anew(&mut self, effects: &mut Vec<Effect>) {
        match &self.command {
            Some(command) if command.script.is_file => {
                self.is_rereading = true;
                let name = command.script.name.clone();
                effects.push(Effect::Find { name });
            }
            _ => self.run(effects),
        }
    }

    /// Takes a script that was asked for by name.
    pub(super) fn found(
        &mut self,
        name: String,
        script: Result<Script, String>,
        effects: &mut Vec<Effect>,
    ) {
        let script = script.map(Arc::new);
        let shown = self.command.as_ref();
        let shown = shown.filter(|command| command.script.name == name);
        if let Some(command) = shown.filter(|_| std::mem::take(&mut self.is_rereading)) {
            match &script {
                Ok(script) if *script == command.script => self.run(effects),
                Ok(script) => {
                    let command = Command {
                        script: Arc::clone(script),
                        arguments: command.arguments.clone(),
                    };
                    self.begin(command, effects);
                }
                Err(text) => self.failure = Some(Viewer::new("failed", Kind::Plain, text)),
            }
        }
        self.read.insert(name, script);
    }

    /// Asks what arguments can name.
    pub(super) fn ask_entities(&mut self, effects: &mut Vec<Effect>) {
        if self.asking.is_some() {
            return;
        }
        self.runs += 1;
        effects.push(Effect::Run {
            run: self.runs,
            script: Arc::new(Entities::query()),
            arguments: std::collections::BTreeMap::new(),
        });
        self.asking = Some(Run {
            number: self.runs,
            ..Run::default()
        });
    }

    /// Runs again when it is time, unless someone is reading or typing.
    pub(super) fn tick(&mut self, effects: &mut Vec<Effect>) {
        let is_due = self.next_run.is_some_and(|time| time <= self.now);
        if is_due && self.refreshes && matches!(self.mode, Mode::Watching) {
            self.run(effects);
        }
    }

    /// Takes what a run tells.
    pub(super) fn told(&mut self, number: u64, told: Told) {
        if let Some(mut run) = self.asking.take_if(|run| run.number == number) {
            match told {
                Told::Done => self.entities = Entities::of(&run.results),
                // The menu works without; why the agent does not answer, runs will tell.
                Told::Failed(_) | Told::Unreachable(_) => {}
                told => {
                    run.results.take(told);
                    self.asking = Some(run);
                }
            }
            return;
        }
        let Some(mut run) = self.pending.take_if(|run| run.number == number) else {
            return;
        };
        match told {
            Told::Done => {
                self.failure = None;
                self.notice = run.results.notice();
                self.results = run.results;
                self.is_stale = true;
                self.plan();
            }
            Told::Failed(text) => {
                self.notice.clear();
                // The same error again stays where it was scrolled to.
                let shown = self.failure.as_ref();
                if shown.is_none_or(|failure| failure.text() != text) {
                    self.failure = Some(Viewer::new("failed", Kind::Plain, text));
                }
                self.plan();
            }
            Told::Unreachable(text) => {
                if run.is_shown {
                    self.results = run.results;
                }
                self.notice = text;
                self.plan();
            }
            told => {
                run.results.take(told);
                self.is_stale |= run.is_shown;
                // Rows that come show that what was wrong is no longer.
                if run.is_shown {
                    self.failure = None;
                    self.notice.clear();
                }
                self.pending = Some(run);
            }
        }
    }

    /// Plans the next run.
    fn plan(&mut self) {
        let acts = !self.results.exports.is_empty()
            || self
                .command
                .as_ref()
                .is_some_and(|command| acts(&command.script));
        if acts && self.refreshes {
            self.refreshes = false;
            self.notice += " (not run again by itself: it does more than read)";
        }
        self.next_run = Some(self.now + self.refresh);
    }
}

/// Returns true for a script that changes agents, so that running it again is not only reading.
fn acts(script: &Script) -> bool {
    let is_import = |line: &str| line.starts_with("import ") || line.starts_with("from ");
    let names = |line: &str| line.contains("pxtrace") || line.contains("pxconfig");
    script
        .text
        .lines()
        .any(|line| is_import(line) && names(line))
}
