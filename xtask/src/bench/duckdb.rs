//! Runs an example beside DuckDB, by a script that times both.

use crate::{command, setup, workspace};
use anyhow::Result;
use serde_json::Value;
use std::process::Command;

/// From PyPI, into a folder of their own; the newest ones do without Ubuntu 22.04's python3.
const PACKAGES: [&str; 4] = [
    "duckdb==2.0.0; python_version >= '3.11'",
    "pyarrow==26.0.1; python_version >= '3.11'",
    "duckdb==1.4.2; python_version < '3.11'",
    "pyarrow==22.0.0; python_version < '3.11'",
];

/// Builds an example and returns what the script, in `bench/`, prints about it.
pub(super) fn compare(example: &str, script: &str) -> Result<String> {
    let python = setup::python_with("duckdb", &PACKAGES)?;
    // The features of dependencies differ with the packages asked for: with the same ones each
    // time they are built once.
    let build = ["build", "--release", "--workspace", "--example", example];
    command::run(workspace::cargo()?.args(build))?;
    let mut compare = Command::new(python);
    compare.arg(workspace::root().join("bench").join(script));
    compare.arg(workspace::target()?.join("release/examples").join(example));
    command::output(&mut compare)
}

/// Returns the JSON lines with a time of DuckDB; others say what was prepared.
pub(super) fn timed(printed: &str) -> impl Iterator<Item = Value> {
    printed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|line| !line["duckdb_ms"].is_null())
}
