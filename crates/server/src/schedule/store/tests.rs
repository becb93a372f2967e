use super::runs::{RUN_AGE_NS_MAX, RUNS_KEPT_MAX};
use super::*;
use crate::schedule::script::tests::fine;
use crate::schedule::window::Window;
use nixie_types::clock::NANOS_PER_SEC;
use std::os::unix::fs::MetadataExt;
use tonic::Code;

impl Store {
    /// Behaves from now on as if the disk were full.
    pub(in crate::schedule) fn fill_disk(&self) {
        let connection = self.lock();
        let pages: i64 = connection
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .unwrap();
        connection
            .execute_batch(&format!("PRAGMA max_page_count = {pages}"))
            .unwrap();
        // There is room left in the pages that there are.
        let run = "INSERT INTO cron_runs (script_id, time_ns, start_ns, end_ns, state, code) \
                   SELECT id, 0, 0, 0, 'failed', 0 FROM cron_scripts LIMIT 1";
        let full = (0..10_000).find_map(|_| connection.execute(run, []).err());
        let code = full.and_then(|error| error.sqlite_error_code());
        assert_eq!(code, Some(ErrorCode::DiskFull));
    }

    /// Behaves from now on as if there were room again.
    pub(in crate::schedule) fn free_disk(&self) {
        let room = "PRAGMA max_page_count = 1000000";
        self.lock().execute_batch(room).unwrap();
    }

    /// Makes what cannot be read of a script.
    pub(in crate::schedule) fn corrupt(&self, id: Uuid) {
        let changed = self.lock().execute(
            "UPDATE cron_scripts SET endpoint = 'x', period_s = -1 WHERE id = ?1",
            [id.to_string()],
        );
        assert_eq!(changed.unwrap(), 1);
    }
}

fn with_endpoint(name: &str) -> Script {
    Script {
        endpoint: Some(OtelEndpoint {
            url: "h:4317".to_owned(),
            headers: [("api-key".to_owned(), "secret".to_owned())].into(),
            insecure: true,
            timeout_s: Some(3),
        }),
        plugin: "p".to_owned(),
        is_preset: true,
        ..fine(name)
    }
}

const fn window(start_s: i64, skipped: u64) -> Window {
    Window {
        start_ns: start_s * NANOS_PER_SEC,
        end_ns: (start_s + 10) * NANOS_PER_SEC,
        skipped,
    }
}

fn ended(state: RunState, message: &str) -> Ended {
    Ended {
        state,
        code: Code::Ok,
        message: message.to_owned(),
        stats: Stats {
            execution_ns: 5,
            points_sent: 7,
            ..Stats::default()
        },
    }
}

#[test]
fn scripts_outlive_the_store_and_only_their_owner_reads_them() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let scripts = [with_endpoint("b"), fine("a")];
    Store::open(&state).unwrap().insert(&scripts).unwrap();
    let store = Store::open(&state).unwrap();
    let [b, a] = scripts;
    assert_eq!(store.scripts().unwrap(), [a, b.clone()]);
    assert_eq!(store.script(b.id).unwrap(), Some(b.clone()));
    assert_eq!(store.script(Uuid::nil()).unwrap(), None);
    for entry in std::fs::read_dir(&state).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().mode() & 0o077, 0, "{entry:?}");
    }
    let changed = Script {
        enabled: false,
        period_s: 7,
        endpoint: None,
        ..b
    };
    store.update(&changed).unwrap();
    assert_eq!(store.script(changed.id).unwrap(), Some(changed.clone()));
    assert!(store.delete(changed.id).unwrap() && !store.delete(changed.id).unwrap());
    assert!(matches!(
        store.update(&changed).unwrap_err(),
        ScheduleError::Unknown(_)
    ));
}

#[test]
fn a_name_is_taken_once_and_all_of_a_kind_are_added_or_none() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    store.insert(&[fine("a")]).unwrap();
    let error = store.insert(&[fine("b"), fine("a")]).unwrap_err();
    assert!(error.to_string().contains("`a` already"), "{error}");
    assert_eq!(store.scripts().unwrap().len(), 1);
    let b = fine("b");
    store.insert(std::slice::from_ref(&b)).unwrap();
    let renamed = Script {
        name: "a".to_owned(),
        ..b
    };
    let error = store.update(&renamed).unwrap_err();
    assert!(matches!(error, ScheduleError::NameTaken(name) if name == "a"));
    let many: Vec<Script> = (0..SCRIPTS_MAX)
        .map(|number| fine(&number.to_string()))
        .collect();
    let error = store.insert(&many).unwrap_err();
    assert!(
        error.to_string().contains("256 scheduled scripts"),
        "{error}"
    );
    assert_eq!(store.scripts().unwrap().len(), 2);
}

#[test]
fn a_window_has_had_its_run_when_the_run_begins() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let script = fine("a");
    store.insert(std::slice::from_ref(&script)).unwrap();
    store
        .begin(script.id, window(100, 3), 9, "it slept")
        .unwrap();
    // As if the agent had been killed.
    let store = Store::open(folder.path()).unwrap();
    let read = store.script(script.id).unwrap().unwrap();
    assert_eq!(
        (read.next_ns, read.periods_skipped),
        (110 * NANOS_PER_SEC, 3)
    );
    assert_eq!(store.cut_off().unwrap(), 1);
    let runs = store.runs(None, 10).unwrap();
    let told: Vec<_> = runs
        .iter()
        .map(|run| {
            (
                run.state,
                run.start_ns / NANOS_PER_SEC,
                run.end_ns / NANOS_PER_SEC,
                &*run.message,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (RunState::Failed, 100, 110, "the agent ended before the run"),
            (RunState::Skipped, 70, 100, "it slept"),
        ]
    );
    assert_eq!((runs[0].code, &*runs[0].script_name), (1, "a"));
    assert_eq!(store.cut_off().unwrap(), 0);
}

#[test]
fn the_history_has_limits_for_each_script_and_for_age() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let (often, once) = (fine("often"), fine("once"));
    store.insert(&[often.clone(), once.clone()]).unwrap();
    let run = store.begin(once.id, window(0, 0), 0, "").unwrap();
    store
        .end(run, &ended(RunState::Incomplete, &"é".repeat(5000)), 0)
        .unwrap();
    for time in 0..RUNS_KEPT_MAX + 20 {
        let run = store.begin(often.id, window(time, 0), time, "").unwrap();
        store
            .end(run, &ended(RunState::Succeeded, ""), time)
            .unwrap();
    }
    let runs = store.runs(Some(often.id), 1000).unwrap();
    assert_eq!(runs.len() as i64, RUNS_KEPT_MAX);
    assert_eq!((runs[0].time_ns, runs[99].time_ns), (119, 20));
    assert_eq!(runs[0].stats.points_sent, 7);
    let [kept] = &*store.runs(Some(once.id), 1000).unwrap() else {
        panic!("one run")
    };
    assert_eq!(
        (kept.message.len(), kept.state),
        (2048, RunState::Incomplete)
    );
    assert_eq!(store.last_runs().unwrap().len(), 2);
    let later_ns = RUN_AGE_NS_MAX + 50;
    let run = store.begin(often.id, window(1, 0), later_ns, "").unwrap();
    store
        .end(run, &ended(RunState::Succeeded, ""), later_ns)
        .unwrap();
    assert!(store.runs(Some(once.id), 1000).unwrap().is_empty());
    let times: Vec<i64> = store
        .runs(None, 1000)
        .unwrap()
        .iter()
        .map(|run| run.time_ns)
        .collect();
    assert_eq!((times.len(), times[0], times[70]), (71, later_ns, 50));
    // As the next agent does it, which finds the file as it is.
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    store.delete(often.id).unwrap();
    assert!(store.runs(None, 1000).unwrap().is_empty());
}

#[test]
fn a_plugin_takes_its_presets_away_and_leaves_what_users_made() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert!(store.plugin("p").unwrap().is_none());
    let config = PluginConfig {
        version: "1".to_owned(),
        headers: [("k".to_owned(), "v".to_owned())].into(),
        url: "h:1".to_owned(),
        insecure: true,
    };
    store.set_plugin("p", &config, &[]).unwrap();
    assert!(store.plugin("p").unwrap() == Some(config));
    let own = Script {
        is_preset: false,
        ..with_endpoint("own")
    };
    store
        .insert(&[with_endpoint("preset"), own, fine("other")])
        .unwrap();
    store.remove_plugin("p").unwrap();
    assert!(store.plugin("p").unwrap().is_none());
    let left: Vec<_> = store
        .scripts()
        .unwrap()
        .into_iter()
        .map(|script| (script.name, script.enabled))
        .collect();
    assert_eq!(
        left,
        [("other".to_owned(), true), ("own".to_owned(), false)]
    );
}

#[test]
fn a_full_disk_is_an_error_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let script = fine("a");
    store.insert(std::slice::from_ref(&script)).unwrap();
    store.fill_disk();
    let large = Script {
        text: "x".repeat(100_000),
        ..fine("large")
    };
    let error = store.insert(&[large]).unwrap_err();
    let text = crate::grpc::with_causes(&error);
    assert!(text.contains("failed") && text.contains("full"), "{text}");
    assert_eq!(store.scripts().unwrap(), [script]);
}

#[test]
fn what_was_never_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let script = with_endpoint("a");
    store.insert(std::slice::from_ref(&script)).unwrap();
    for (column, value) in [("endpoint", "no json"), ("period_s", "-1")] {
        let update = format!("UPDATE cron_scripts SET {column} = '{value}'");
        store.lock().execute_batch(&update).unwrap();
        let error = store.script(script.id).unwrap_err().to_string();
        assert!(error.contains(&format!("`{column}` of")), "{error}");
        assert!(store.scripts().unwrap().is_empty());
        let update = format!(
            "UPDATE cron_scripts SET {column} = NULLIF(10, {})",
            i32::from(column == "endpoint") * 10
        );
        store.lock().execute_batch(&update).unwrap();
    }
}
