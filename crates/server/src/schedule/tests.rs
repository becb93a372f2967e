//! Scripts that run by themselves, over tables that are really written to.

use super::*;
use crate::access::Access;
use crate::agent::tests::{HTTP, agent};
use crate::cluster::Cluster;
use crate::grpc::{Health, Queries, Running};
use crate::{Agent, KeyStore, LogTail};
use nixie_api::{CronChanges, NewCronScript, OtelEndpoint, Token};
use nixie_query::Engine;
use nixie_types::Rows;
use std::net::TcpListener;
use std::time::Instant;
use tokio::runtime::Handle;

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
        permits: Arc::new(Semaphore::new(8)),
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_no_run_and_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(folder.path());
    let new = every_second("count", COUNT);
    state.schedule.create(&state, new, "").await.unwrap();
    wait_for("a run", || (!ended_runs(&state).is_empty()).then_some(())).await;
    state.schedule.store.fill_disk();
    let count = |name: &str| {
        let mut found = 0;
        state.schedule.counters().status(&mut |status| {
            if status.name == name {
                found = status.value;
            }
        });
        found
    };
    wait_for("an outcome that cannot be written", || {
        (count("cron_store_errors") > 0).then_some(())
    })
    .await;
    let before = count("cron_runs_succeeded");
    wait_for("more runs", || {
        (count("cron_runs_succeeded") > before + 1).then_some(())
    })
    .await;
    let large = every_second("large", &format!("{COUNT}#{}", "x".repeat(100_000)));
    let error = state
        .schedule
        .create(&state, large, "")
        .await
        .err()
        .unwrap();
    assert!(crate::grpc::with_causes(&error).contains("full"), "{error}");
    state.schedule.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_agent_runs_the_scripts_of_a_folder_and_another_only_tells() {
    let folder = tempfile::tempdir().unwrap();
    let first = state(folder.path());
    let second = state(folder.path());
    let new = every_second("count", COUNT);
    let error = second
        .schedule
        .create(&second, new.clone(), "")
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("another agent"), "{error}");
    let id = first
        .schedule
        .create(&first, new, "")
        .await
        .unwrap()
        .script
        .id;
    assert_eq!(second.schedule.script(id).unwrap().name, "count");
    assert!(second.schedule.delete(id).is_err());
    assert!(second.schedule.tasks().is_empty());
    first.schedule.delete(id).unwrap();
    assert!(matches!(
        second.schedule.script(id),
        Err(ScheduleError::Unknown(_))
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn scripts_with_errors_are_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let state = state(folder.path());
    for (script, expected) in [
        (
            "import px\npx.display(px.DataFrame('http_event'))",
            "http_event",
        ),
        (EXPORT, "no default config found for endpoint"),
        (
            "import px\npx.display(px.DataFrame('http_events').stream())",
            "never ends",
        ),
        (
            "import pxtrace\nimport px\npxtrace.DeleteTracepoint('x')\npx.display(px.DataFrame('http_events'))",
            "changes what is traced",
        ),
    ] {
        let new = every_second("x", script);
        let error = state.schedule.create(&state, new, "").await.err().unwrap();
        let text = match error {
            ScheduleError::Script(errors) => format!("{errors:?}"),
            error => error.to_string(),
        };
        assert!(text.contains(expected), "{text}");
    }
    assert!(state.schedule.scripts().unwrap().is_empty());
}

fn preset(name: &str, text: &str) -> Preset {
    Preset {
        name: name.to_owned(),
        text: text.to_owned(),
        frequency_s: 3600,
        ..Preset::default()
    }
}

fn with_presets(folder: &Path, presets: Vec<Preset>) -> Arc<ServerState> {
    let library = ScriptLibrary {
        presets,
        ..ScriptLibrary::default()
    };
    state_in(folder, Arc::new(agent()), library)
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

fn turned_on() -> PluginChanges {
    PluginChanges {
        enabled: Some(true),
        url: Some("127.0.0.1:9".to_owned()),
        insecure: Some(true),
        ..PluginChanges::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presets_come_and_go_with_their_plugin() {
    let folder = tempfile::tempdir().unwrap();
    let presets = vec![preset("One", EXPORT), preset("Two", EXPORT)];
    let state = with_presets(folder.path(), presets);
    let schedule = &state.schedule;
    let id = PLUGINS[0].id;
    let without_url = PluginChanges {
        url: None,
        ..turned_on()
    };
    for (changes, expected) in [
        (PluginChanges::default(), "is not enabled"),
        (without_url, "custom_export_url"),
    ] {
        let error = schedule.change_plugin(&state, id, changes).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    // A user has a script of that name.
    let new = every_second("One", COUNT);
    schedule.create(&state, new, "").await.unwrap();
    schedule.change_plugin(&state, id, turned_on()).unwrap();
    let expected = ["One", "One (OpenTelemetry), preset", "Two, preset"];
    assert_eq!(told(&state), expected);
    assert_eq!(schedule.tasks().len(), 3);
    let two = schedule.scripts().unwrap().swap_remove(2);
    let error = schedule.delete(two.id).unwrap_err();
    assert!(error.to_string().contains("disable it instead"), "{error}");
    let own = every_second("Own", EXPORT);
    schedule.create(&state, own, id).await.unwrap();
    let off = PluginChanges {
        enabled: Some(false),
        ..PluginChanges::default()
    };
    schedule.change_plugin(&state, id, off).unwrap();
    assert_eq!(told(&state), ["One", "Own, off"]);
    assert_eq!(schedule.tasks().len(), 1);
    schedule.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presets_are_those_of_the_px_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let presets = vec![preset("One", EXPORT), preset("Two", EXPORT)];
    let state = with_presets(folder.path(), presets);
    let id = PLUGINS[0].id;
    let new = every_second("One", COUNT);
    state.schedule.create(&state, new, "").await.unwrap();
    state
        .schedule
        .change_plugin(&state, id, turned_on())
        .unwrap();
    state.schedule.stop().await;
    // As if another version had written it.
    let config = state.schedule.plugin(id).unwrap().unwrap();
    let version = "0".to_owned();
    let config = PluginConfig { version, ..config };
    state.schedule.store.set_plugin(id, &config).unwrap();
    drop(state);
    let presets = vec![preset("One", "import px # new"), preset("Three", EXPORT)];
    let state = with_presets(folder.path(), presets);
    let expected = ["One", "One (OpenTelemetry), preset", "Three, preset", "Two"];
    assert_eq!(told(&state), expected);
    let one = state.schedule.scripts().unwrap().swap_remove(1);
    assert_eq!(one.text, "import px # new");
    let version = state.schedule.plugin(id).unwrap().unwrap().version;
    assert_eq!(version, PLUGINS[0].version);
    state.schedule.stop().await;
}
