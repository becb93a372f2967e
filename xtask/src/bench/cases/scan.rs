//! Scans and aggregations over 10 million rows beside DuckDB, by `bench/duckdb_compare.py`.

use crate::bench::{Case, Measure, Options};
use crate::{command, setup, workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Command;

pub(super) const CASE: Case = Case { name: "scan", run };

/// What DuckDB's time may be multiplied by.
const RATIO_MAX: f64 = 1.5;

/// From PyPI, into a folder of their own; the newest ones do without Ubuntu 22.04's python3.
const PACKAGES: [&str; 4] = [
    "duckdb==2.0.0; python_version >= '3.11'",
    "pyarrow==26.0.1; python_version >= '3.11'",
    "duckdb==1.4.2; python_version < '3.11'",
    "pyarrow==22.0.0; python_version < '3.11'",
];

const EXAMPLE: [&str; 5] = [
    "build",
    "--release",
    // The features of dependencies differ with the packages asked for: with the same ones each
    // time they are built once.
    "--workspace",
    "--example",
    "scan_bench",
];

fn run(_: &Options) -> Result<Vec<Measure>> {
    let python = setup::python_with("duckdb", &PACKAGES)?;
    command::run(workspace::cargo()?.args(EXAMPLE))?;
    let mut compare = Command::new(python);
    compare.arg(workspace::root().join("bench/duckdb_compare.py"));
    compare.arg(workspace::target()?.join("release/examples/scan_bench"));
    measures(&command::output(&mut compare)?)
}

fn measures(printed: &str) -> Result<Vec<Measure>> {
    let mut found = Vec::new();
    // Lines without DuckDB's time say what was prepared.
    let lines = printed
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    for line in lines.filter(|line| !line["duckdb_ms"].is_null()) {
        let query = line["query"].as_str().unwrap_or_default();
        let number = |key: &str| {
            line[key]
                .as_f64()
                .with_context(|| format!("no `{key}`: {line}"))
        };
        let name = |what: &str| format!("{query}: {what}");
        found.push(Measure::new("scan", &name("time"), number("ms")?, "ms"));
        found.push(Measure::new(
            "scan",
            &name("time of DuckDB"),
            number("duckdb_ms")?,
            "ms",
        ));
        let ratio = Measure::new("scan", &name("ratio"), number("ratio")?, "x");
        found.push(ratio.at_most(RATIO_MAX));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_query_gives_times_and_their_ratio() {
        let printed = "{\"query\": \"fill\", \"seconds\": 0.1}\n\
            {\"query\": \"by_path\", \"ms\": 120.0, \"duckdb_ms\": 100.0, \"ratio\": 1.2}\n";
        let found = measures(printed).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[2].name, "by_path: ratio");
        assert_eq!(found[2].value, 1.2);
        assert!(measures("{\"query\": \"x\", \"duckdb_ms\": 1.0}").is_err());
    }
}
