//! The bundled scripts have nothing wrong, compile fast, and are described in the reference.

use super::*;
use crate::invocation;
use crate::judge::{Finding, Judge};
use crate::render::diagnostics::render;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// LIMIT: time to compile one bundled script; optimised code is much faster than that of tests.
const COMPILE_TIME_MAX: Duration = if cfg!(debug_assertions) {
    Duration::from_millis(400)
} else {
    Duration::from_millis(10)
};

const REFERENCE: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/reference/scripts.md"
);

const INTRODUCTION: &str = "\
# Scripts

The scripts that come with px: `px run px/http_data -- --start_time -1m`. `px script list` lists them, `px script show
NAME` prints one, and `px run NAME -- --help` tells its arguments. `px script new FOLDER` starts one of your own, and
`px script check FOLDER` says what is wrong with it. Scripts in the folders that `--script-dir` or `PX_SCRIPT_DIR` name are
found like these, and so are those of bundles that `--bundle` names.

Arguments without a default are required. Tables are those that the script gives, with their columns.
";

pub(super) fn bundled() -> Vec<Script> {
    bundle::SCRIPTS
        .iter()
        .map(bundle::Bundled::script)
        .collect()
}

#[test]
fn all_bundled_scripts_have_nothing_wrong() {
    let judge = Judge::new();
    let mut text = String::new();
    for script in bundled() {
        for Finding {
            file,
            text: source,
            problem,
        } in judge.findings(&script)
        {
            text += &render(&problem, file, source);
        }
    }
    assert!(text.is_empty(), "{text}");
}

#[test]
fn all_bundled_scripts_compile_fast() {
    let judge = Judge::new();
    let mut times: Vec<(Duration, String)> = Vec::new();
    for script in bundled() {
        // The best of a few: another test may have had the CPU.
        let time = (0..3).map(|_| {
            let start = Instant::now();
            drop(judge.outputs(&script));
            start.elapsed()
        });
        times.push((time.min().unwrap_or_default(), script.name));
    }
    times.sort();
    let (slowest, name) = times.last().unwrap();
    eprintln!("slowest to compile: {name}, {slowest:?}");
    assert!(*slowest <= COMPILE_TIME_MAX, "{name} takes {slowest:?}");
}

#[test]
fn all_presets_export_and_say_what() {
    let judge = Judge::new();
    let presets = presets().unwrap();
    let mut text = String::new();
    for preset in &presets {
        let BundledPreset {
            name,
            manifest,
            script,
        } = preset;
        assert!(!manifest.title.trim().is_empty(), "{name}");
        assert!(!manifest.short.trim().is_empty(), "{name}");
        assert!(!manifest.long.trim().is_empty(), "{name}");
        assert!(manifest.frequency_s > 0, "{name}");
        match judge.exports(script) {
            Ok(exports) => {
                assert!(!exports.is_empty(), "{name}");
                for export in &exports {
                    let [scan] = &*export.output.scans else {
                        panic!("{name}: {:?}", export.output.scans)
                    };
                    // Without a start and an end it would send the same rows again and again.
                    assert!(scan.start_ns.is_some() && scan.end_ns.is_some(), "{name}");
                    let resource = export.otel.resource.iter();
                    let keys: Vec<&str> = resource.map(|attribute| &*attribute.key).collect();
                    assert!(keys.contains(&"service.name"), "{name}: {keys:?}");
                }
            }
            Err(problems) => {
                for problem in problems {
                    let problem = crate::render::diagnostics::reported(problem);
                    text += &render(&problem, name, &script.text);
                }
            }
        }
    }
    assert!(text.is_empty(), "{text}");
    let mut titles: Vec<&str> = presets
        .iter()
        .map(|preset| &*preset.manifest.title)
        .collect();
    titles.sort_unstable();
    titles.dedup();
    assert_eq!(
        titles.len(),
        presets.len(),
        "titles are names of scheduled scripts"
    );
}

#[test]
fn agents_are_told_of_all_that_is_not_hidden() {
    let library = for_agent().unwrap();
    assert_eq!(library.presets.len(), bundle::PRESETS.len());
    assert!(
        library
            .scripts
            .iter()
            .any(|script| script.name == "px/http_data")
    );
    for script in &library.scripts {
        assert!(!script.description.is_empty(), "{}", script.name);
        if let Some(vis) = &script.vis {
            let message = nixie_api::vis_of_json(vis);
            assert!(message.is_ok(), "{}: {message:?}", script.name);
        }
    }
}

#[test]
fn every_bundled_script_says_what_it_shows() {
    assert!(bundle::SCRIPTS.is_sorted_by_key(|script| script.name));
    for script in bundled() {
        let manifest = Manifest::of(&script).unwrap();
        assert!(!manifest.short.trim().is_empty(), "{}", script.name);
        assert!(!manifest.long.trim().is_empty(), "{}", script.name);
        for variable in invocation::vis(&script).unwrap().variables {
            assert!(
                !variable.description.is_empty(),
                "{}: {}",
                script.name,
                variable.name
            );
        }
    }
}

#[test]
fn the_reference_describes_every_bundled_script() {
    let judge = Judge::new();
    let mut page = INTRODUCTION.to_owned();
    for script in bundled() {
        describe(&mut page, &judge, &script);
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(REFERENCE, &page).unwrap();
    }
    let known = std::fs::read_to_string(REFERENCE).unwrap_or_default();
    assert!(
        known == page,
        "`docs/reference/scripts.md` is not up to date: run with UPDATE=1"
    );
}

fn describe(page: &mut String, judge: &Judge, script: &Script) {
    let manifest = Manifest::of(script).unwrap();
    writeln!(page, "\n## {}\n\n{}", script.name, manifest.long.trim()).unwrap();
    let variables = invocation::vis(script).unwrap().variables;
    if !variables.is_empty() {
        page.push_str("\n| Argument | Type | Default | Meaning |\n|---|---|---|---|\n");
    }
    for variable in variables {
        let kind = variable.kind.name().trim_start_matches("PX_");
        let default = match &variable.default {
            None => "required".to_owned(),
            Some(default) if default.is_empty() => String::new(),
            Some(default) => format!("`{default}`"),
        };
        let mut meaning = variable.description.clone();
        if !variable.valid_values.is_empty() {
            write!(meaning, " One of `{}`.", variable.valid_values.join("`, `")).unwrap();
        }
        writeln!(
            page,
            "| `{}` | {kind} | {default} | {meaning} |",
            variable.name
        )
        .unwrap();
    }
    let outputs = judge.outputs(script);
    assert!(!outputs.is_empty(), "{} gives no table", script.name);
    page.push_str("\n| Table | Columns |\n|---|---|\n");
    for (name, columns) in outputs {
        writeln!(page, "| {name} | {} |", columns.join(", ")).unwrap();
    }
}

#[test]
fn scripts_in_folders_are_found_by_their_path_and_come_first() {
    let root = tempfile::tempdir().unwrap();
    for (folder, text) in [
        ("px/http_data", "import px # mine"),
        ("team/slow", "import px"),
    ] {
        let folder = root.path().join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("script.pxl"), text).unwrap();
        std::fs::write(folder.join("vis.json"), "{}").unwrap();
    }
    let library = Library::open(&LibraryOptions::of_folder(root.path())).unwrap();
    let own = library.script("px/http_data").unwrap().unwrap();
    assert_eq!(
        (own.name.as_str(), own.text.as_str()),
        ("px/http_data", "import px # mine")
    );
    assert_eq!(own.vis.unwrap().text, "{}");
    assert!(library.script("team/slow").unwrap().is_some());
    assert!(library.script("team/fast").unwrap().is_none());
    let names = library.names();
    assert!(names.contains(&"team/slow") && names.contains(&"px/cluster"));
    assert!(names.is_sorted());
}

#[test]
fn folders_that_hold_no_script_say_why() {
    let root = tempfile::tempdir().unwrap();
    let two = root.path().join("two");
    std::fs::create_dir(&two).unwrap();
    for name in ["a.pxl", "b.pxl"] {
        std::fs::write(two.join(name), "import px").unwrap();
    }
    let text = read_folder(&two).unwrap_err().to_string();
    assert!(
        text.contains("has 2 `.pxl` files, expected exactly one"),
        "{text}"
    );
    std::fs::remove_file(two.join("b.pxl")).unwrap();
    std::fs::write(two.join("viz.json"), "{}").unwrap();
    let text = read_folder(&two).unwrap_err().to_string();
    assert!(text.contains("hint: call it `vis.json`"), "{text}");
    let text = read_folder(&root.path().join("none"))
        .unwrap_err()
        .to_string();
    assert!(text.contains("cannot read folder"), "{text}");
}
