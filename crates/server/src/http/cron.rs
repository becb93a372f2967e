//! Scheduled scripts: list, create, change, delete, and their history.

use crate::access::Principal;
use crate::http::answer::{self, Answer, Body, Refused, causes, read, report};
use crate::http::query::script_report;
use crate::schedule::{Created, Run, ScheduleError, Script, may_change};
use crate::state::ServerState;
use axum::Extension;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use nixie_api::{
    CronChanges, CronCreated, CronRun, CronRuns, CronScript, CronScripts, ErrorKind, ErrorReport,
    NewCronScript,
};
use std::error::Error;
use std::sync::Arc;
use uuid::Uuid;

/// LIMIT: runs that one answer tells, the latest ones.
const RUNS_TOLD_MAX: usize = 1000;

type Shared = State<Arc<ServerState>>;

pub(super) async fn list(State(state): Shared) -> Answer<CronScripts> {
    let scripts = state.schedule.scripts()?;
    let mut last_runs = state.schedule.last_runs()?;
    let scripts = scripts.into_iter().map(|script| {
        let last = last_runs.iter().position(|run| run.script == script.id);
        let last = last.map(|index| last_runs.swap_remove(index));
        told(script, last)
    });
    let scripts = scripts.collect();
    Ok(Json(CronScripts { scripts }))
}

pub(super) async fn create(
    State(state): Shared,
    Extension(principal): Extension<Principal>,
    body: Body,
) -> Answer<CronCreated> {
    check(&principal)?;
    let new: NewCronScript = read(body, "scheduled script")?;
    let name = new.name.clone();
    let created = state.schedule.create(&state, new, "").await;
    let Created { script, exports } = created.map_err(|error| refused(&name, error))?;
    let script = told(script, None);
    Ok(Json(CronCreated { script, exports }))
}

pub(super) async fn show(State(state): Shared, Path(id): Path<String>) -> Answer<CronScript> {
    let id = parse(&id)?;
    let script = state.schedule.script(id)?;
    let last = state.schedule.runs(Some(id), 1)?.pop();
    Ok(Json(told(script, last)))
}

pub(super) async fn change(
    State(state): Shared,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
    body: Body,
) -> Answer<CronScript> {
    check(&principal)?;
    let (id, changes) = (parse(&id)?, read::<CronChanges>(body, "change")?);
    let name = state.schedule.script(id)?.name;
    let changed = state.schedule.change(&state, id, changes).await;
    let script = changed.map_err(|error| refused(&name, error))?;
    Ok(Json(told(script, None)))
}

pub(super) async fn delete(
    State(state): Shared,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
) -> Answer<()> {
    check(&principal)?;
    state.schedule.delete(parse(&id)?).await?;
    Ok(Json(()))
}

pub(super) async fn all_runs(State(state): Shared) -> Answer<CronRuns> {
    runs_of(&state, None)
}

pub(super) async fn runs(State(state): Shared, Path(id): Path<String>) -> Answer<CronRuns> {
    let id = parse(&id)?;
    // That there is none is not the same as that it has not run.
    state.schedule.script(id)?;
    runs_of(&state, Some(id))
}

fn runs_of(state: &ServerState, script: Option<Uuid>) -> Answer<CronRuns> {
    let runs = state.schedule.runs(script, RUNS_TOLD_MAX)?;
    let runs = runs.into_iter().map(run).collect();
    Ok(Json(CronRuns { runs }))
}

fn check(principal: &Principal) -> Result<(), Refused> {
    may_change(principal).map_err(Refused::forbidden)
}

fn parse(id: &str) -> Result<Uuid, Refused> {
    answer::id(id, "a scheduled script")
}

impl From<ScheduleError> for Refused {
    fn from(error: ScheduleError) -> Self {
        refused("script", error)
    }
}

fn refused(name: &str, error: ScheduleError) -> Refused {
    use ScheduleError as E;
    let status = match &error {
        E::Script(_) | E::Invalid(_) | E::Endpoint(_) => StatusCode::BAD_REQUEST,
        E::Unknown(_) | E::UnknownPlugin(_) => StatusCode::NOT_FOUND,
        E::Elsewhere | E::NameTaken(_) | E::TooMany(_) | E::Unfit(_) => StatusCode::CONFLICT,
        E::File(_) | E::Sqlite(_) | E::Corrupt { .. } => StatusCode::SERVICE_UNAVAILABLE,
    };
    let report = match error {
        E::Script(errors) => script_report(name, errors),
        error => {
            let causes = causes(error.source());
            ErrorReport {
                causes,
                ..report(ErrorKind::Request, error.to_string())
            }
        }
    };
    Refused::new(status, report)
}

/// Returns what clients are told of a script: all but the values of headers, which are secrets.
fn told(script: Script, last_run: Option<Run>) -> CronScript {
    let endpoint = script.endpoint.as_ref();
    CronScript {
        id: script.id.to_string(),
        endpoint_url: endpoint.map_or_else(String::new, |endpoint| endpoint.url.clone()),
        endpoint_headers: endpoint
            .map(|endpoint| endpoint.headers.keys().cloned().collect())
            .unwrap_or_default(),
        endpoint_insecure: endpoint.is_some_and(|endpoint| endpoint.insecure),
        name: script.name,
        description: script.description,
        script: script.text,
        frequency_s: script.period_s,
        plugin_id: script.plugin,
        is_preset: script.is_preset,
        enabled: script.enabled,
        created_ns: script.created_ns,
        periods_skipped: script.periods_skipped,
        last_run: last_run.map(run),
    }
}

fn run(run: Run) -> CronRun {
    let stats = run.stats;
    CronRun {
        script_id: run.script.to_string(),
        script_name: run.script_name,
        time_ns: run.time_ns,
        start_ns: run.start_ns,
        end_ns: run.end_ns,
        state: run.state.name().to_owned(),
        message: run.message,
        compilation_ns: stats.compilation_ns,
        execution_ns: stats.execution_ns,
        bytes_read: stats.bytes_read,
        rows_read: stats.rows_read,
        rows: stats.rows,
        spans_sent: stats.spans_sent,
        points_sent: stats.points_sent,
        lost: stats.lost,
    }
}
