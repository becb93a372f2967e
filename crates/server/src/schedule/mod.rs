//! Scheduled scripts: each runs again and again, each time about the time since its last run.
//!
//! | question | where |
//! |---|---|
//! | what is a script, which are taken | `script.rs` |
//! | which time is a run about | `window.rs` |
//! | when does it run, what if it takes too long | `task.rs` |
//! | what does a run do | `run.rs` |
//! | what outlives the agent | `store/` |
//! | which scripts come with a plugin | `plugin.rs`, `library.rs` |
//!
//! **Invariant: no time is exported twice.** A window has had its run as soon as the run begins,
//! also if the agent is killed in the middle of it. What was lost is in the history.

mod changes;
mod counters;
mod error;
mod library;
mod plugin;
mod run;
mod script;
mod store;
mod task;
#[cfg(test)]
mod tests;
mod window;

pub(crate) use changes::{Created, may_change};
pub use error::ScheduleError;
pub use library::{LibraryScript, Preset, ScriptLibrary};
pub(crate) use plugin::{PLUGINS, Plugin, PluginChanges, plugin};
pub(crate) use script::Script;
#[cfg(test)]
use store::PluginConfig;
pub(crate) use store::{Run, RunState};

use crate::state::ServerState;
use counters::ScheduleCounters;
use nixie_functions::{ScriptRun, ScriptRunResult};
use nixie_pxl::{CompileOptions, OtelDefaults};
use nixie_types::clock;
use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use store::Store;
use task::Task;
use tokio::sync::Semaphore;
use tracing::{info, warn};
use uuid::Uuid;
use window::Window;

/// LIMIT: scheduled scripts that run at the same time; others wait for their turn.
const RUNS_AT_ONCE_MAX: usize = 2;

/// LIMIT: time that runs get to end when the agent stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(2);

/// LIMIT: runs that the table function tells, the latest ones.
const RUNS_TOLD_MAX: usize = 10_000;

/// Name of the file that the one agent locks that runs the scripts of a state folder.
const LOCK_FILE: &str = "schedule.lock";

/// The schedule of an agent, once it has one.
pub(crate) type ScheduleCell = Arc<OnceLock<Arc<Schedule>>>;

/// The scheduled scripts of an agent.
#[derive(Debug)]
pub(crate) struct Schedule {
    store: Store,
    bundled: Arc<ScriptLibrary>,
    /// Held while something is changed: each change reads what is there, and writes it later.
    changing: tokio::sync::Mutex<()>,
    /// Held by the one agent that runs the scripts of a state folder.
    lock: Option<File>,
    tasks: Mutex<HashMap<Uuid, Task>>,
    slots: Semaphore,
}

impl Schedule {
    /// Opens the scripts of a state folder. Nothing runs yet.
    pub(crate) fn open(folder: &Path, bundled: Arc<ScriptLibrary>) -> Result<Self, ScheduleError> {
        let store = Store::open(folder)?;
        let lock = lock(&folder.join(LOCK_FILE))?;
        Ok(Self {
            store,
            bundled,
            changing: tokio::sync::Mutex::default(),
            lock,
            tasks: Mutex::default(),
            slots: Semaphore::new(RUNS_AT_ONCE_MAX),
        })
    }

    /// Starts to run what is enabled.
    pub(crate) fn start(&self, state: &Arc<ServerState>) -> Result<(), ScheduleError> {
        if self.lock.is_none() {
            warn!("another agent with the same state folder runs the scheduled scripts");
            return Ok(());
        }
        let cut_off = self.store.cut_off()?;
        if cut_off > 0 {
            warn!(
                runs = cut_off,
                "scheduled runs were cut off when the agent ended"
            );
        }
        // Presets of another version are better than no agent.
        self.counters().kept(self.refresh_presets());
        let scripts = self.store.scripts()?;
        info!(scripts = scripts.len(), "schedule read");
        for script in scripts {
            self.restart(state, script);
        }
        Ok(())
    }

    /// Ends all runs.
    pub(crate) async fn stop(&self) {
        let tasks = std::mem::take(&mut *self.tasks());
        let ends = tasks.into_values().map(Task::end);
        let all = futures::future::join_all(ends);
        if tokio::time::timeout(STOP_TIME_MAX, all).await.is_err() {
            warn!("scheduled runs were cut off at the stop");
        }
    }

    /// Returns the scripts and presets that come with px.
    pub(crate) const fn bundled(&self) -> &Arc<ScriptLibrary> {
        &self.bundled
    }

    /// Returns what is to be told in `agent_status`.
    pub(crate) const fn counters(&self) -> &ScheduleCounters {
        &self.store.counters
    }

    /// Returns all scripts, by name.
    pub(crate) fn scripts(&self) -> Result<Vec<Script>, ScheduleError> {
        self.store.scripts()
    }

    /// Returns a script.
    pub(crate) fn script(&self, id: Uuid) -> Result<Script, ScheduleError> {
        self.store.script(id)?.ok_or(ScheduleError::Unknown(id))
    }

    /// Returns the latest runs, the latest first, of one script or of all.
    pub(crate) fn runs(&self, script: Option<Uuid>, max: usize) -> Result<Vec<Run>, ScheduleError> {
        self.store.runs(script, max)
    }

    /// Returns the last run of each script.
    pub(crate) fn last_runs(&self) -> Result<Vec<Run>, ScheduleError> {
        self.store.last_runs()
    }

    /// Returns the history as table functions tell it.
    pub(crate) fn history(&self) -> Vec<ScriptRun> {
        let runs = self.counters().kept(self.store.runs(None, RUNS_TOLD_MAX));
        let runs = runs.unwrap_or_default().into_iter();
        runs.filter(|run| run.state != RunState::Running)
            .map(history_row)
            .collect()
    }

    /// Starts a script anew as it is now, or ends it if it is not enabled.
    fn restart(&self, state: &Arc<ServerState>, script: Script) {
        let mut tasks = self.tasks();
        let before = tasks.remove(&script.id);
        if script.enabled {
            let id = script.id;
            tasks.insert(id, Task::start(state, script, before));
        }
    }

    /// Returns how a script is compiled for a run about a time.
    fn options(&self, script: &Script, window: Window) -> Result<CompileOptions, ScheduleError> {
        Ok(CompileOptions {
            now_ns: clock::now_ns(),
            script_name: script.name.clone(),
            // Both ends of a script's times are inclusive.
            plugin_range_ns: Some((window.start_ns, window.end_ns - 1)),
            otel: OtelDefaults {
                endpoint: self.endpoint(script)?.map(crate::exports::endpoint),
                ..OtelDefaults::default()
            },
            ..CompileOptions::default()
        })
    }

    fn tasks(&self) -> MutexGuard<'_, HashMap<Uuid, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Locks a file; returns nothing if another process holds it.
fn lock(path: &Path) -> Result<Option<File>, ScheduleError> {
    let failed = |error: std::io::Error| crate::StateFileError::Open {
        path: path.to_owned(),
        source: error.into(),
    };
    let mut open = OpenOptions::new();
    let file = open.create(true).append(true).mode(0o600).open(path);
    let file = file.map_err(failed)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error).into()),
    }
}

fn history_row(run: Run) -> ScriptRun {
    let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let result = match run.state {
        RunState::Succeeded | RunState::Incomplete => ScriptRunResult::Finished {
            execution_time_ns: signed(run.stats.execution_ns),
            compilation_time_ns: signed(run.stats.compilation_ns),
            bytes_processed: signed(run.stats.bytes_read),
            records_processed: signed(run.stats.rows_read),
        },
        RunState::Failed | RunState::Running | RunState::Skipped => ScriptRunResult::Failed {
            message: format!("{}: {}", run.code, run.message),
        },
    };
    ScriptRun {
        script_id: run.script.as_u128(),
        time_ns: run.time_ns,
        result,
    }
}
