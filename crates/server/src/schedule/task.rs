//! The life of an enabled script: wait for the end of a window, run, and so on.

use super::run::Running;
use super::script::Script;
use super::store::{Ended, RunId, RunState, Stats};
use super::window::{Next, Timetable, Window};
use super::{Schedule, ScheduleError};
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
        if let Some(before) = before {
            // What it has begun meanwhile is not in the script as it was read.
            next_ns = before.end().await.map_or(next_ns, |end| end.max(next_ns));
        }
        let timetable = Timetable::new(self.script.id, self.script.period_s);
        let mut why_skipped = "no agent ran the script then".to_owned();
        loop {
            match timetable.next(next_ns, clock::now_ns()) {
                Next::Wait(wait_ns) => {
                    let wait = Duration::from_nanos(wait_ns.unsigned_abs()).min(SLEEP_MAX);
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        _ = &mut self.stopped => return next_ns,
                    }
                }
                Next::Restart(start_ns) => {
                    warn!(
                        script = self.script.name,
                        "the clock was set back; scheduled anew"
                    );
                    next_ns = start_ns;
                }
                Next::Run(window) => {
                    let started = Instant::now();
                    let goes_on = self.turn(window, &why_skipped).await;
                    next_ns = window.end_ns;
                    if !goes_on {
                        return next_ns;
                    }
                    let took_s = started.elapsed().as_secs_f64();
                    why_skipped = format!("the run before took {took_s:.1} s");
                }
            }
        }
    }

    /// Runs the script once; returns false if it was stopped meanwhile.
    async fn turn(&mut self, window: Window, why_skipped: &str) -> bool {
        let Self {
            state,
            script,
            stopped,
        } = self;
        let schedule = &state.schedule;
        if window.skipped > 0 {
            let periods = window.skipped;
            schedule.counters.skipped(periods);
            if schedule.counters.may_warn(clock::now_ns()) {
                let script = &script.name;
                warn!(script, periods, "scheduled runs skipped: {why_skipped}");
            }
        }
        let run = schedule.begin(script, window, why_skipped);
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
        let (ended, goes_on) = tokio::select! {
            ended = running.run() => (ended, true),
            _ = stopped => (Err(Status::cancelled("stopped: the script was changed, or the agent ends")), false),
        };
        let Running { stats, missing, .. } = running;
        let outcome = match &ended {
            Ok(()) => Outcome::succeeded(stats.rows, stats.rows_read),
            Err(status) => Outcome::failed(status),
        };
        audited.record(&state.agent, &outcome);
        schedule.end(run, &told(ended, &missing, stats));
        goes_on
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
    /// Writes that a run starts. Where that cannot be written, the script runs all the same.
    fn begin(&self, script: &Script, window: Window, why_skipped: &str) -> Option<RunId> {
        let now_ns = clock::now_ns();
        self.written(self.store.begin(script.id, window, now_ns, why_skipped))
    }

    fn end(&self, run: Option<RunId>, ended: &Ended) {
        self.counters.ended(ended.state);
        if let Some(run) = run {
            self.written(self.store.end(run, ended, clock::now_ns()));
        }
    }

    /// Counts what could not be written or read.
    pub(super) fn written<T>(&self, result: Result<T, ScheduleError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.counters.store_failed();
                if self.counters.may_warn(clock::now_ns()) {
                    let error = crate::grpc::with_causes(&error);
                    warn!(error, "history of scheduled scripts cannot be kept");
                }
                None
            }
        }
    }
}
