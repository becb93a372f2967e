//! Scripts that come with a plugin, and where they export to.

use super::*;

fn renamed(name: &str) -> CronChanges {
    CronChanges {
        name: Some(name.to_owned()),
        ..CronChanges::default()
    }
}

fn preset(name: &str, text: &str) -> Preset {
    Preset {
        name: name.to_owned(),
        text: text.to_owned(),
        frequency_s: 3600,
        ..Preset::default()
    }
}

pub(super) fn with_presets(folder: &Path, presets: Vec<Preset>) -> Arc<ServerState> {
    let library = ScriptLibrary {
        presets,
        ..ScriptLibrary::default()
    };
    state_in(folder, Arc::new(agent()), library)
}

pub(super) fn turned_on() -> PluginChanges {
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
        let error = schedule
            .change_plugin(&state, id, changes)
            .await
            .unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
    }
    // A user has a script of that name.
    let new = every_second("One", COUNT);
    schedule.create(&state, new, "").await.unwrap();
    schedule
        .change_plugin(&state, id, turned_on())
        .await
        .unwrap();
    let expected = ["One", "One (OpenTelemetry), preset", "Two, preset"];
    assert_eq!(told(&state), expected);
    assert_eq!(schedule.tasks().len(), 3);
    let two = schedule.scripts().unwrap().swap_remove(2);
    let error = schedule.change(&state, two.id, renamed("Second")).await;
    let error = error.unwrap_err().to_string();
    assert!(error.contains("keeps its name"), "{error}");
    let error = schedule.delete(two.id).await.unwrap_err();
    assert!(error.to_string().contains("disable it instead"), "{error}");
    let own = every_second("Own", EXPORT);
    schedule.create(&state, own, id).await.unwrap();
    let off = PluginChanges {
        enabled: Some(false),
        ..PluginChanges::default()
    };
    schedule.change_plugin(&state, id, off).await.unwrap();
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
        .await
        .unwrap();
    state.schedule.stop().await;
    age_presets(&state);
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

/// As if another version had turned the plugin on.
fn age_presets(state: &ServerState) {
    let id = PLUGINS[0].id;
    let config = state.schedule.plugin(id).unwrap().unwrap();
    let version = "0".to_owned();
    let config = PluginConfig { version, ..config };
    state.schedule.store.set_plugin(id, &config, &[]).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_preset_does_not_run_where_presets_are_not_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let state = with_presets(folder.path(), vec![preset("One", EXPORT)]);
    let unwanted = PluginChanges {
        disable_presets: true,
        ..turned_on()
    };
    let changed = state
        .schedule
        .change_plugin(&state, PLUGINS[0].id, unwanted);
    changed.await.unwrap();
    age_presets(&state);
    drop(state);
    let presets = vec![preset("One", EXPORT), preset("Two", EXPORT)];
    let state = with_presets(folder.path(), presets);
    assert_eq!(told(&state), ["One, preset, off", "Two, preset, off"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presets_that_cannot_be_refreshed_do_not_stop_the_agent() {
    let folder = tempfile::tempdir().unwrap();
    let state = with_presets(folder.path(), Vec::new());
    let changed = state
        .schedule
        .change_plugin(&state, PLUGINS[0].id, turned_on());
    changed.await.unwrap();
    for name in ["One", "One (OpenTelemetry)"] {
        let new = every_second(name, COUNT);
        state.schedule.create(&state, new, "").await.unwrap();
    }
    age_presets(&state);
    state.schedule.stop().await;
    drop(state);
    let state = with_presets(folder.path(), vec![preset("One", EXPORT)]);
    assert_eq!(told(&state), ["One", "One (OpenTelemetry)"]);
    assert!(count(&state, "cron_store_errors") > 0);
    assert_eq!(state.schedule.tasks().len(), 2);
    state.schedule.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plugin_is_turned_on_with_its_presets_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let state = with_presets(folder.path(), vec![preset("One", EXPORT)]);
    for name in ["One", "One (OpenTelemetry)"] {
        let new = every_second(name, COUNT);
        state.schedule.create(&state, new, "").await.unwrap();
    }
    let id = PLUGINS[0].id;
    let error = state.schedule.change_plugin(&state, id, turned_on()).await;
    assert!(
        matches!(error, Err(ScheduleError::NameTaken(_))),
        "{error:?}"
    );
    assert!(state.schedule.plugin(id).unwrap().is_none());
    let other = state.schedule.scripts().unwrap().swap_remove(1);
    state.schedule.delete(other.id).await.unwrap();
    let changed = state.schedule.change_plugin(&state, id, turned_on()).await;
    changed.unwrap();
    assert_eq!(told(&state), ["One", "One (OpenTelemetry), preset"]);
    state.schedule.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_endpoint_is_checked_as_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let state = with_presets(folder.path(), Vec::new());
    let id = PLUGINS[0].id;
    let header = |name: &str| (name.to_owned(), "x".repeat(10_000));
    let on = PluginChanges {
        headers: [header("one")].into(),
        ..turned_on()
    };
    state.schedule.change_plugin(&state, id, on).await.unwrap();
    let own = |headers| OtelEndpoint {
        url: "https://localhost:9".to_owned(),
        headers,
        insecure: false,
        timeout_s: None,
    };
    let new = |name, headers| NewCronScript {
        endpoint: Some(own(headers)),
        ..every_second(name, EXPORT)
    };
    let secure = new("secure", std::collections::BTreeMap::new());
    let created = state.schedule.create(&state, secure, id).await.unwrap();
    let merged = state.schedule.endpoint(&created.script).unwrap().unwrap();
    assert!(!merged.insecure && merged.headers.len() == 1);
    let large = new("large", [header("two")].into());
    let error = state
        .schedule
        .create(&state, large, id)
        .await
        .err()
        .unwrap();
    assert!(error.to_string().contains("headers of 200"), "{error}");
    state.schedule.stop().await;
}
