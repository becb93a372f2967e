//! Runs the literate cases: prose, a `pxl` block, then what it gives.
//!
//! Blocks of a file, in order:
//!
//! - `table NAME`: columns as `name:TYPE[:ST_MEANING]`, then a row a line, cells separated by `|`.
//!   Columns that are only named are those of the table in the reference. Times are nanoseconds, or
//!   seconds as `900s`.
//! - `pxl [WORD ...]`: a script. Words are `ordered` (rows of outputs keep their order),
//!   `arg:NAME=VALUE` (a script argument), `fn:FUNCTION:OUTPUT[:NAME=VALUE]` (a function to run),
//!   `plugin:START:END` (the times of an export), `export-to:ENDPOINT` (where exports go that do
//!   not say it).
//!   With the one word `make-export`, the script that exports instead of displaying is shown.
//! - or `script NAME`: a script of the library in the recorded cluster, with a user's arguments as
//!   `NAME=VALUE`, one a line; or `preset NAME`: a preset, as it is scheduled there.
//! - after it any of `error`, `exporting`, `export`, `schema`, `plan`, `scans`, `limits`, `mutations`,
//!   `output NAME` and `rows NAME`, which are those that are exported.
//!
//! `UPDATE=1 cargo test -p nixie-pxl --test literate` writes what is expected anew.

#![allow(
    clippy::expect_used,
    clippy::print_stderr,
    reason = "tests fail by panicking"
)]

mod case;
mod exports;
mod fixture;
mod outcome;
mod page;
#[path = "../../../metadata/testdata/recorded.rs"]
#[allow(dead_code, reason = "tests of several crates share it")]
mod recorded;

use case::{Case, all_scripts, is_case};
use fixture::Fixture;
use outcome::outcome;
use page::{Block, Page};
use std::fs;
use std::path::{Path, PathBuf};
use tokio::task::JoinSet;

fn pages(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests")
        .join(folder);
    let mut paths: Vec<_> = fs::read_dir(&root)
        .expect("the folder exists")
        .map(|entry| entry.expect("the entry can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    paths.sort();
    assert!(!paths.is_empty(), "`{}` has no pages", root.display());
    paths
}

/// Checks all pages of a folder, as many at a time as there are threads.
async fn check(folder: &str, default_kinds: &'static [&'static str]) {
    let update = std::env::var_os("UPDATE").is_some();
    let mut checks = JoinSet::new();
    for path in pages(folder) {
        checks.spawn(check_page(path, default_kinds, update));
    }
    let mut failures = checks.join_all().await.concat();
    failures.sort();
    assert!(
        update || failures.is_empty(),
        "{}",
        failures.join("\n----\n")
    );
}

/// Returns what is not as a page says, or writes it anew.
async fn check_page(
    path: PathBuf,
    default_kinds: &'static [&'static str],
    update: bool,
) -> Vec<String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let text = fs::read_to_string(&path).expect("the page can be read");
    let mut page = Page::parse(&text);
    let mut fixture = Fixture::default();
    let mut failures = Vec::new();
    let mut scripts = 0;
    let mut at = 0;
    while at < page.blocks.len() {
        if let Block::Fence { info, body } = &page.blocks[at] {
            if let Some(table) = info.strip_prefix("table ") {
                fixture.add_table(table.trim(), body);
            } else if is_case(info) {
                scripts += 1;
                let (info, body) = (info.clone(), body.clone());
                let (start, end) = page.expectations(at);
                let known: Vec<_> = page.blocks[start..end].to_vec();
                let case = Case::of(&info, &body, default_kinds);
                let fresh = outcome(case, &fixture, &known).await;
                if fresh != known {
                    let difference = page::difference(&known, &fresh);
                    failures.push(format!("{name}: {info}\n{body}\n{difference}"));
                    page.replace(start, end, fresh);
                }
            }
        }
        at += 1;
    }
    assert!(scripts > 0, "`{name}` has no scripts");
    if update {
        fs::write(&path, page.render()).expect("the page can be written");
    }
    failures
}

#[tokio::test]
async fn language() {
    check("md", &["schema"]).await;
}

#[tokio::test]
async fn execution() {
    check("cases", &["output"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn library() {
    check("library", &["output"]).await;
}

#[tokio::test]
async fn presets() {
    check("presets", &["export", "rows"]).await;
}

/// Scripts that deploy tracepoints give no rows yet, and what agents tell is known to an engine.
#[test]
fn every_script_and_preset_has_a_case() {
    let pages: String = ["library", "presets"]
        .into_iter()
        .flat_map(pages)
        .map(|path| fs::read_to_string(path).expect("the page can be read"))
        .collect();
    let has_case = |kind: &str, name: &str| pages.contains(&format!("\n```{kind} {name}\n"));
    let needs_engine = |text: &str| {
        let calls = ["import pxtrace", "px.Get", "px._HeapGrowthStacks"];
        calls.into_iter().any(|call| text.contains(call))
    };
    let mut without_case = Vec::new();
    for (kind, name, text) in all_scripts() {
        if !has_case(kind, &name) && !needs_engine(&text) {
            without_case.push(name);
        }
    }
    assert_eq!(without_case, [""; 0]);
}
