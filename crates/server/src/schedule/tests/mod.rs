//! Scripts that run by themselves, over tables that are really written to.

use super::*;
use crate::access::Access;
use crate::agent::tests::{HTTP, agent};
use crate::cluster::Cluster;
use crate::grpc::{Health, Queries, Running};
use crate::turn::Turns;
use crate::{Agent, KeyStore, LogTail};
use nixie_api::{CronChanges, NewCronScript, OtelEndpoint, Token};
use nixie_query::Engine;
use nixie_types::Rows;
use std::net::TcpListener;
use std::time::Instant;
use tokio::runtime::Handle;

mod changes;
mod plugins;

/// LIMIT: time for what is to happen.
const STEP_TIME_MAX: Duration = Duration::from_secs(20);

const COUNT: &str = "import px
df = px.DataFrame('http_events', start_time=px.plugin.start_time, end_time=px.plugin.end_time)
px.display(df)
";

const EXPORT: &str = "import px
df = px.DataFrame('http_events', start_time=px.plugin.start_time, end_time=px.plugin.end_time)
px.export(df, px.otel.Data({'service.name': 'x'}, [px.otel.metric.Gauge('a', df.latency)]))
";

fn state_in(folder: &Path, agent: Arc<Agent>, library: ScriptLibrary) -> Arc<ServerState> {
    let schedule = Arc::new(Schedule::open(folder, Arc::new(library)).unwrap());
    let keys = Arc::new(KeyStore::open(folder).unwrap());
    let state = Arc::new(ServerState {
        agent,
        access: Access::new(Token::new("t".to_owned()), keys, None),
        cluster: Cluster::open(folder, "host").unwrap(),
        version: "1.2.3".to_owned(),
        compile: Engine::compile_functions,
        turns: Turns::new(8),
        query_handle: Handle::current(),
        queries: Arc::new(Queries::default()),
        running: Arc::new(Running::default()),
        health: Health::default(),
        schedule: Arc::clone(&schedule),
        log: Arc::new(LogTail::new()),
        started_ns: 0,
    });
    schedule.start(&state).unwrap();
    state
}

fn state(folder: &Path) -> Arc<ServerState> {
    state_in(folder, Arc::new(agent()), ScriptLibrary::default())
}

fn every_second(name: &str, script: &str) -> NewCronScript {
    NewCronScript {
        name: name.to_owned(),
        script: script.to_owned(),
        frequency_s: 1,
        ..NewCronScript::default()
    }
}

fn to(url: &str) -> Option<OtelEndpoint> {
    Some(OtelEndpoint {
        url: url.to_owned(),
        headers: std::collections::BTreeMap::new(),
        insecure: true,
        timeout_s: Some(1),
    })
}

async fn wait_for<T>(what: &str, mut find: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(started.elapsed() < STEP_TIME_MAX, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn ended_runs(state: &ServerState) -> Vec<Run> {
    let mut runs = state.schedule.runs(None, 1000).unwrap();
    runs.retain(|run| run.state != RunState::Running);
    runs
}

/// Adds a row of this moment.
fn append(state: &ServerState) {
    let mut rows = Rows::new(&HTTP);
    rows.row().time(clock::now_ns()).string("/x").int64(1).end();
    state.agent.sink().append(&HTTP, rows.take().unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_is_in_one_run_and_disabling_ends_the_runs() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(folder.path());
    let new = every_second("count", COUNT);
    let id = state
        .schedule
        .create(&state, new, "")
        .await
        .unwrap()
        .script
        .id;
    for _ in 0..300 {
        append(&state);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let rows = |runs: &[Run]| runs.iter().map(|run| run.stats.rows).sum::<u64>();
    let runs = wait_for("a run for every row", || {
        Some(ended_runs(&state)).filter(|runs| rows(runs) >= 300)
    })
    .await;
    assert_eq!(rows(&runs), 300, "{runs:?}");
    for pair in runs.windows(2) {
        assert_eq!(pair[1].end_ns, pair[0].start_ns, "{pair:?}");
        assert_eq!(pair[0].end_ns - pair[0].start_ns, clock::NANOS_PER_SEC);
    }
    assert!(
        runs.iter().all(|run| run.state == RunState::Succeeded),
        "{runs:?}"
    );
    let history = state.schedule.history();
    assert!(history.iter().all(|run| run.script_id == id.as_u128()));
    assert!(matches!(
        history[0].result,
        ScriptRunResult::Finished { .. }
    ));

    let off = CronChanges {
        enabled: Some(false),
        ..CronChanges::default()
    };
    state.schedule.change(&state, id, off).await.unwrap();
    let count = ended_runs(&state).len();
    tokio::time::sleep(Duration::from_millis(2500)).await;
    // A run that was under way may have been cut off.
    assert!(ended_runs(&state).len() <= count + 1);
    assert!(state.schedule.tasks().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_missed_while_no_agent_ran_is_skipped_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let now_ns = clock::now_ns();
    let script = Script::new(
        every_second("late", COUNT),
        now_ns,
        now_ns - 3600 * clock::NANOS_PER_SEC,
    );
    let store = Store::open(folder.path()).unwrap();
    store.insert(std::slice::from_ref(&script)).unwrap();
    drop(store);
    let state = state(folder.path());
    let runs = wait_for("two runs", || {
        Some(ended_runs(&state)).filter(|runs| runs.len() >= 3)
    })
    .await;
    let skipped = &runs[runs.len() - 1];
    assert_eq!(skipped.state, RunState::Skipped, "{runs:?}");
    assert_eq!(skipped.message, "no agent ran the script then");
    assert!(
        runs[..runs.len() - 1]
            .iter()
            .all(|run| run.state == RunState::Succeeded)
    );
    let periods = state.schedule.script(script.id).unwrap().periods_skipped;
    assert!((3595..3600).contains(&periods), "{periods}");
    let told = state.schedule.history();
    let ScriptRunResult::Failed { message } = &told[told.len() - 1].result else {
        panic!("{told:?}")
    };
    assert_eq!(message, "10: no agent ran the script then");
    state.schedule.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_does_not_answer_fails_the_runs_and_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(folder.path());
    // It takes connections, and never says anything.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = silent.local_addr().unwrap().to_string();
    let new = NewCronScript {
        endpoint: to(&url),
        ..every_second("stuck", EXPORT)
    };
    state.schedule.create(&state, new, "").await.unwrap();
    let well = every_second("well", COUNT);
    state.schedule.create(&state, well, "").await.unwrap();
    let runs = wait_for("two failures, with what they made the script miss", || {
        append(&state);
        let runs = ended_runs(&state);
        let stuck = runs.iter().filter(|run| run.script_name == "stuck");
        let failed = stuck
            .clone()
            .filter(|run| run.state == RunState::Failed)
            .count();
        let skipped = stuck.filter(|run| run.state == RunState::Skipped).count();
        (failed >= 2 && skipped >= 1).then_some(runs)
    })
    .await;
    let failed = runs
        .iter()
        .find(|run| run.state == RunState::Failed)
        .unwrap();
    assert!(
        failed
            .message
            .contains(&format!("export to `{url}` failed: 0 spans and")),
        "{failed:?}"
    );
    assert!(
        failed.message.contains("no answer within 1 s"),
        "{failed:?}"
    );
    assert!(
        failed.stats.lost > 0 && failed.stats.points_sent == 0,
        "{failed:?}"
    );
    let skipped = runs
        .iter()
        .find(|run| run.state == RunState::Skipped)
        .unwrap();
    assert!(
        skipped.message.starts_with("the run before took "),
        "{skipped:?}"
    );
    let well = runs.iter().filter(|run| run.script_name == "well");
    assert!(well.clone().count() >= 2);
    assert!(
        well.clone().all(|run| run.state == RunState::Succeeded),
        "{runs:?}"
    );
    state.schedule.stop().await;
    assert!(ended_runs(&state).len() >= runs.len());
    assert!(state.schedule.runs(None, 1).unwrap()[0].state != RunState::Running);
}

fn count(state: &ServerState, name: &str) -> u64 {
    let mut found = 0;
    state.schedule.counters().status(&mut |status| {
        if status.name == name {
            found = status.value;
        }
    });
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_noted_is_not_run_and_told_later() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(folder.path());
    let new = every_second("count", COUNT);
    state.schedule.create(&state, new, "").await.unwrap();
    wait_for("a run", || (!ended_runs(&state).is_empty()).then_some(())).await;
    state.schedule.store.fill_disk();
    // The end of a run that is under way may be the first.
    wait_for("a run that cannot be noted", || {
        (count(&state, "cron_store_errors") > 1).then_some(())
    })
    .await;
    let before = count(&state, "cron_runs_succeeded");
    tokio::time::sleep(Duration::from_millis(2500)).await;
    assert_eq!(count(&state, "cron_runs_succeeded"), before);
    let large = every_second("large", &format!("{COUNT}#{}", "x".repeat(100_000)));
    let error = state
        .schedule
        .create(&state, large, "")
        .await
        .err()
        .unwrap();
    assert!(crate::grpc::with_causes(&error).contains("full"), "{error}");
    state.schedule.store.free_disk();
    let skipped = wait_for("a run, and what was skipped", || {
        let mut runs = ended_runs(&state);
        runs.retain(|run| run.state == RunState::Skipped);
        let is_well = count(&state, "cron_runs_succeeded") > before;
        runs.pop().filter(|_| is_well)
    })
    .await;
    assert_eq!(skipped.message, "runs could not be noted");
    state.schedule.stop().await;
}

/// Returns each script as `name`, with `preset` and `off` where it is so.
fn told(state: &ServerState) -> Vec<String> {
    let tell = |script: Script| {
        let preset = if script.is_preset { ", preset" } else { "" };
        let off = if script.enabled { "" } else { ", off" };
        format!("{}{preset}{off}", script.name)
    };
    let scripts = state.schedule.scripts().unwrap();
    scripts.into_iter().map(tell).collect()
}
