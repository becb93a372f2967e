//! Scans and aggregations over 10 million rows beside DuckDB, by `bench/duckdb_compare.py`.

use crate::bench::{Case, Measure, Options, duckdb};
use anyhow::{Context, Result};

pub(super) const CASE: Case = Case { name: "scan", run };

/// What DuckDB's time may be multiplied by.
const RATIO_MAX: f64 = 1.5;

fn run(_: &Options) -> Result<Vec<Measure>> {
    measures(&duckdb::compare("scan_bench", "duckdb_compare.py")?)
}

fn measures(printed: &str) -> Result<Vec<Measure>> {
    let mut found = Vec::new();
    for line in duckdb::timed(printed) {
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
