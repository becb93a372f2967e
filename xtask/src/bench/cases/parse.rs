//! How many HTTP/1 messages a second one core turns into rows, by the bench of the parsers.

use crate::bench::{Case, Measure, Options};
use crate::{command, workspace};
use anyhow::Result;

pub(super) const CASE: Case = Case { name: "parse", run };

/// Messages a second that one core must parse, in the usual case of a message a call.
const RATE_MIN: f64 = 500_000.0;

fn run(_: &Options) -> Result<Vec<Measure>> {
    let arguments = ["bench", "--package", "nixie-protocols", "--bench", "http"];
    Ok(measures(&command::output(
        workspace::cargo()?.args(arguments),
    )?))
}

/// Reads what criterion prints: a name, and later `thrpt:  [low middle high]`.
fn measures(printed: &str) -> Vec<Measure> {
    let mut name = "";
    let mut found = Vec::new();
    for line in printed.lines() {
        if line.starts_with("http/") {
            name = line.split_whitespace().next().unwrap_or(line);
        }
        if let Some(rate) = line.split_once("thrpt:").and_then(|(_, rest)| middle(rest)) {
            found.push(Measure::new("parse", name, rate, "messages/s").at_least(RATE_MIN));
            // Criterion may print a second one: the change since the last run.
        }
    }
    found
}

fn middle(interval: &str) -> Option<f64> {
    let inner = interval.split_once('[')?.1.split_once(']')?.0;
    let words: Vec<&str> = inner.split_whitespace().collect();
    let [_, _, value, unit, _, _] = words.as_slice() else {
        return None;
    };
    let factor = match *unit {
        "elem/s" => 1.0,
        "Kelem/s" => 1e3,
        "Melem/s" => 1e6,
        "Gelem/s" => 1e9,
        _ => return None,
    };
    Some(value.parse::<f64>().ok()? * factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_with_their_names() {
        let printed = "http/a call a message    time:   [1.0 ms 1.1 ms 1.2 ms]\n\
            \x20       thrpt:  [1.6 Melem/s 1.7 Melem/s 1.9 Melem/s]\n\
            \x20       change: thrpt:  [-1.0% +0.5% +1.2%] (p = 0.5 > 0.05)\n\
            http/bytes\n   thrpt:  [800.5 Kelem/s 810.5 Kelem/s 820.5 Kelem/s]\n";
        let found = measures(printed);
        assert_eq!(found.len(), 2, "{found:?}");
        assert_eq!((found[0].name.as_str(), found[0].value), ("http/a", 1.7e6));
        assert_eq!(
            (found[1].name.as_str(), found[1].value),
            ("http/bytes", 810_500.0)
        );
    }
}
