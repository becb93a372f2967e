//! Scripts over gRPC, by the example `api_bench`: the shortest one, and a million rows.

use crate::bench::{Case, Measure, Options};
use crate::{command, workspace};
use anyhow::{Context, Result};
use serde_json::Value;
use std::process::Command;

pub(super) const CASE: Case = Case { name: "api", run };

/// Most time for a script that shows ten rows.
const SHORT_MS_MAX: f64 = 15.0;

/// Fewest rows a second.
const ROWS_PER_S_MIN: f64 = 200_000.0;

const EXAMPLE: [&str; 5] = [
    "build",
    "--release",
    // The same features of dependencies each time, as in the other cases.
    "--workspace",
    "--example",
    "api_bench",
];

fn run(_: &Options) -> Result<Vec<Measure>> {
    command::run(workspace::cargo()?.args(EXAMPLE))?;
    let example = workspace::target()?.join("release/examples/api_bench");
    measures(&command::output(&mut Command::new(example))?)
}

fn measures(printed: &str) -> Result<Vec<Measure>> {
    let measure = |line: &str| {
        let line: Value = serde_json::from_str(line).with_context(|| format!("no JSON: {line}"))?;
        let text = |key: &str| {
            line[key]
                .as_str()
                .with_context(|| format!("no `{key}`: {line}"))
        };
        let value = line["value"]
            .as_f64()
            .with_context(|| format!("no `value`: {line}"))?;
        let (name, unit) = (text("name")?, text("unit")?);
        let measure = Measure::new("api", name, value, unit);
        Ok(match unit {
            "ms" => measure.at_most(SHORT_MS_MAX),
            _ => measure.at_least(ROWS_PER_S_MIN),
        })
    };
    printed.lines().map(measure).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_line_is_a_measure_with_its_bound() {
        let printed = "{\"name\": \"short\", \"value\": 3.5, \"unit\": \"ms\"}\n\
            {\"name\": \"long\", \"value\": 1e6, \"unit\": \"rows/s\"}\n";
        let found = measures(printed).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!((found[0].value, found[0].unit.as_str()), (3.5, "ms"));
        assert!(found.iter().all(|measure| measure.bound.is_some()));
        assert!(measures("nothing").is_err());
    }
}
