//! Scalar string functions beside those of DuckDB, by `bench/duckdb_functions.py`.

use crate::bench::{Case, Measure, Options, duckdb};
use anyhow::{Context, Result};

pub(super) const CASE: Case = Case {
    name: "functions",
    run,
};

/// What part of DuckDB's rate each function must have.
const RATE_RATIO_MIN: f64 = 0.7;

fn run(_: &Options) -> Result<Vec<Measure>> {
    measures(&duckdb::compare("functions_bench", "duckdb_functions.py")?)
}

fn measures(printed: &str) -> Result<Vec<Measure>> {
    let mut found = Vec::new();
    for line in duckdb::timed(printed) {
        let function = line["function"].as_str().unwrap_or_default();
        let number = |key: &str| {
            line[key]
                .as_f64()
                .with_context(|| format!("no `{key}`: {line}"))
        };
        let measure = |what: &str, value: f64, unit: &str| {
            Measure::new("functions", &format!("{function}: {what}"), value, unit)
        };
        found.push(measure("time", number("ms")?, "ms"));
        found.push(measure("time of DuckDB", number("duckdb_ms")?, "ms"));
        let ratio = measure("ratio of rates", number("rate_ratio")?, "x");
        found.push(ratio.at_least(RATE_RATIO_MIN));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_function_gives_times_and_the_ratio_of_rates() {
        let printed = "{\"rows\": 5}\n\
            {\"function\": \"trim\", \"ms\": 120.0, \"duckdb_ms\": 90.0, \"rate_ratio\": 0.75}\n";
        let found = measures(printed).unwrap();
        assert_eq!(found.len(), 3);
        assert_eq!(found[2].name, "trim: ratio of rates");
        assert_eq!(found[2].value, 0.75);
        assert!(measures("{\"function\": \"x\", \"duckdb_ms\": 1.0}").is_err());
    }
}
