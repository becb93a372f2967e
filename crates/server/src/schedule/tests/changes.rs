//! Scripts that are created, changed and deleted.

use super::plugins::{turned_on, with_presets};
use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shorter_period_skips_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let now_ns = clock::now_ns();
    let start_ns = now_ns - 600 * clock::NANOS_PER_SEC;
    let hourly = NewCronScript {
        frequency_s: 3600,
        ..every_second("often", COUNT)
    };
    let script = Script::new(hourly, now_ns, start_ns);
    let store = Store::open(folder.path()).unwrap();
    store.insert(std::slice::from_ref(&script)).unwrap();
    drop(store);
    let state = state(folder.path());
    let often = CronChanges {
        frequency_s: Some(1),
        ..CronChanges::default()
    };
    state
        .schedule
        .change(&state, script.id, often)
        .await
        .unwrap();
    let runs = wait_for("two runs", || {
        Some(ended_runs(&state)).filter(|runs| runs.len() >= 2)
    })
    .await;
    let [.., second, first] = &*runs else {
        panic!("{runs:?}")
    };
    assert_eq!(first.start_ns, start_ns, "{runs:?}");
    assert_eq!(second.start_ns, first.end_ns, "{runs:?}");
    assert_eq!(state.schedule.script(script.id).unwrap().periods_skipped, 0);
    state.schedule.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_come_one_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let state = with_presets(folder.path(), Vec::new());
    let schedule = &state.schedule;
    let new = every_second("a", COUNT);
    let id = schedule.create(&state, new, "").await.unwrap().script.id;
    // It is compiled, which takes longer than what the others do.
    let anew = CronChanges {
        script: Some(format!("{COUNT}# anew")),
        ..CronChanges::default()
    };
    let off = CronChanges {
        enabled: Some(false),
        ..CronChanges::default()
    };
    let (first, second) = tokio::join!(
        schedule.change(&state, id, anew.clone()),
        schedule.change(&state, id, off)
    );
    assert!(first.is_ok() && second.is_ok());
    let script = schedule.script(id).unwrap();
    assert!(!script.enabled && script.text.ends_with("# anew"));

    let again = CronChanges {
        script: Some(COUNT.to_owned()),
        ..anew
    };
    let (changed, deleted) = tokio::join!(schedule.change(&state, id, again), schedule.delete(id));
    assert!(changed.is_ok() && deleted.is_ok());
    assert!(schedule.script(id).is_err() && schedule.tasks().is_empty());

    let plugin = PLUGINS[0].id;
    schedule
        .change_plugin(&state, plugin, turned_on())
        .await
        .unwrap();
    let turned_off = PluginChanges {
        enabled: Some(false),
        ..PluginChanges::default()
    };
    let (created, off) = tokio::join!(
        schedule.create(&state, every_second("Own", EXPORT), plugin),
        schedule.change_plugin(&state, plugin, turned_off)
    );
    assert!(created.is_ok() && off.is_ok());
    assert_eq!(told(&state), ["Own, off"]);
    assert!(schedule.tasks().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_that_cannot_be_read_stops_nothing_and_can_be_deleted() {
    let folder = tempfile::tempdir().unwrap();
    let scripts = ["good", "bad"].map(|name| Script::new(every_second(name, COUNT), 5, 4));
    let store = Store::open(folder.path()).unwrap();
    store.insert(&scripts).unwrap();
    store.corrupt(scripts[1].id);
    drop(store);
    let state = state(folder.path());
    assert_eq!(told(&state), ["good"]);
    assert!(count(&state, "cron_store_errors") > 0);
    let error = state.schedule.script(scripts[1].id).unwrap_err();
    assert!(error.to_string().contains("delete it"), "{error}");
    state.schedule.delete(scripts[1].id).await.unwrap();
    let before = count(&state, "cron_store_errors");
    assert_eq!(told(&state), ["good"]);
    assert_eq!(count(&state, "cron_store_errors"), before);
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
    assert!(second.schedule.delete(id).await.is_err());
    assert!(second.schedule.tasks().is_empty());
    first.schedule.delete(id).await.unwrap();
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
