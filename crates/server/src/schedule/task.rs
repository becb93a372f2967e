//! The life of an enabled script: wait for the end of a window, run, and so on.

use super::Schedule;
use super::run::Running;
use super::script::Script;
use super::store::{Ended, RunId, RunState, Stats};
use super::window::{Next, Timetable, Window};
use crate::access::Principal;
use crate::audit::{Audited, Outcome};
use crate::state::ServerState;
use nixie_types::clock;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot::{self, Receiver, Sender};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tonic::{Code, Status};
use tracing::warn;
use uuid::Uuid;

/// LIMIT: time between two looks at the clock, which may be set while a script waits.
const SLEEP_MAX: Duration = Duration::from_secs(30);

/// Time between two tries to note that a run begins, which a full disk may prevent.
const NOTED_PERIOD: Duration = Duration::from_secs(1);

/// An enabled script. Dropping it ends its run, if there is one, and all later ones.
#[derive(Debug)]
pub(super) struct Task {
    stop: Sender<()>,
    /// Returns up to which time there were runs.
    ended: JoinHandle<i64>,
}

impl Task {
    /// Starts to run a script. A task that it had before is ended first, so that no window has
    /// two runs.
    pub(super) fn start(state: &Arc<ServerState>, script: Script, before: Option<Self>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let life = Life {
            state: Arc::clone(state),
            script,
            stopped,
        };
        Self {
            stop,
            ended: state.query_handle.spawn(life.live(before)),
        }
    }

    /// Ends it; returns once it has.
    pub(super) async fn end(self) -> Option<i64> {
        drop(self.stop);
        self.ended.await.ok()
    }
}

struct Life {
    state: Arc<ServerState>,
    script: Script,
    stopped: Receiver<()>,
}

impl Life {
    async fn live(mut self, before: Option<Task>) -> i64 {
        let mut next_ns = self.script.next_ns;
        // A script that ran until now has missed nothing: what a new period makes of its last one
        // is one window.
        let mut catches_up = before.is_some();
        if let Some(before) = before {
            // What it has begun meanwhile is not in the script as it was read.
            next_ns = before.end().await.map_or(next_ns, |end| end.max(next_ns));
        }
        let timetable = Timetable::new(self.script.id, self.script.period_s);
        let mut why_skipped = "no agent ran the script then".to_owned();
        loop {
            let next = timetable.next(next_ns, clock::now_ns());
            let catches_up = std::mem::take(&mut catches_up);
            let is_stopped = match next {
                Next::Wait(wait_ns) => {
                    self.pause(Duration::from_nanos(wait_ns.unsigned_abs()))
                        .await
                }
                Next::Restart(start_ns) => {
                    warn!(
                        script = self.script.name,
                        "the clock was set back; scheduled anew"
                    );
                    next_ns = start_ns;
                    false
                }
                Next::Run(window) => {
                    let window = if catches_up { window.whole() } else { window };
                    let started = Instant::now();
                    match self.begin(window, &why_skipped) {
                        Some(run) => {
                            next_ns = window.end_ns;
                            let is_stopped = self.turn(run, window).await;
                            let took_s = started.elapsed().as_secs_f64();
                            why_skipped = format!("the run before took {took_s:.1} s");
                            is_stopped
                        }
                        None => {
                            "runs could not be noted".clone_into(&mut why_skipped);
                            self.pause(NOTED_PERIOD).await
                        }
                    }
                }
            };
            if is_stopped {
                return next_ns;
            }
        }
    }

    /// Waits, but not for long; returns true if the script was stopped meanwhile.
    async fn pause(&mut self, time: Duration) -> bool {
        tokio::select! {
            () = tokio::time::sleep(time.min(SLEEP_MAX)) => false,
            _ = &mut self.stopped => true,
        }
    }

    /// Notes that a run begins. Without a note there is no run: a killed agent would forget it, and
    /// the next one would export its time again.
    fn begin(&self, window: Window, why_skipped: &str) -> Option<RunId> {
        let (script, schedule) = (&self.script, &self.state.schedule);
        let now_ns = clock::now_ns();
        let counters = schedule.counters();
        let begun = schedule.store.begin(script.id, window, now_ns, why_skipped);
        let run = counters.kept(begun)?;
        if window.skipped > 0 {
            let periods = window.skipped;
            counters.skipped(periods);
            if counters.may_warn(now_ns) {
                let script = &script.name;
                warn!(script, periods, "scheduled runs skipped: {why_skipped}");
            }
        }
        Some(run)
    }

    /// Runs the script once; returns true if it was stopped meanwhile.
    async fn turn(&mut self, run: RunId, window: Window) -> bool {
        let Self {
            state,
            script,
            stopped,
        } = self;
        let audited = Audited {
            principal: Principal::schedule(),
            client: None,
            query_id: Uuid::new_v4().to_string(),
            query_name: format!("cron_{}", script.id),
            script: script.text.clone(),
            mutation: false,
            started: Instant::now(),
        };
        let mut running = Running {
            state,
            script,
            window,
            stats: Stats::default(),
            missing: Vec::new(),
        };
        let (ended, is_stopped) = tokio::select! {
            ended = running.run() => (ended, false),
            _ = stopped => (Err(Status::cancelled("stopped: the script was changed, or the agent ends")), true),
        };
        let Running { stats, missing, .. } = running;
        let outcome = match &ended {
            Ok(()) => Outcome::succeeded(stats.rows, stats.rows_read),
            Err(status) => Outcome::failed(status),
        };
        audited.record(&state.agent, &outcome);
        state.schedule.end(run, &told(ended, &missing, stats));
        is_stopped
    }
}

/// Returns what the history tells of a run.
fn told(ended: Result<(), Status>, missing: &[String], stats: Stats) -> Ended {
    let (state, code, message) = match ended {
        Err(status) => (RunState::Failed, status.code(), status.message().to_owned()),
        Ok(()) if missing.is_empty() => (RunState::Succeeded, Code::Ok, String::new()),
        Ok(()) => (RunState::Incomplete, Code::Ok, missing.join("; ")),
    };
    Ended {
        state,
        code,
        message,
        stats,
    }
}

impl Schedule {
    fn end(&self, run: RunId, ended: &Ended) {
        self.counters().ended(ended.state);
        let written = self.store.end(run, ended, clock::now_ns());
        self.counters().kept(written);
    }
}
