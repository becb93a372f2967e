//! How long the PxL compiler takes, by the tests of the compiler that have bounds of time.

use crate::bench::{Case, Measure, Options};
use crate::{command, workspace};
use anyhow::Result;

pub(super) const CASE: Case = Case {
    name: "compile",
    run,
};

/// Most time for a script of 400 lines.
const LONG_MS_MAX: f64 = 10.0;

/// Most time for any text of 10 KB, and for shorter ones that are made to take long.
const HOSTILE_MS_MAX: f64 = 50.0;

/// The tests check the bounds themselves; one at a time, so that they do not share a core.
const TESTS: [&str; 9] = [
    "test",
    "--release",
    "--workspace",
    "--test",
    "robustness",
    "quickly",
    "--",
    "--nocapture",
    "--test-threads=1",
];

fn run(_: &Options) -> Result<Vec<Measure>> {
    Ok(measures(&command::output(workspace::cargo()?.args(TESTS))?))
}

/// Reads `compile: 1.5 ms for WHAT`; of hostile texts the one that took longest counts.
fn measures(printed: &str) -> Vec<Measure> {
    let mut found = Vec::new();
    let mut slowest: Option<(f64, &str)> = None;
    for line in printed.lines() {
        let Some((ms, what)) = time(line) else {
            continue;
        };
        if what.ends_with(" lines") {
            found.push(Measure::new("compile", what, ms, "ms").at_most(LONG_MS_MAX));
        } else if slowest.is_none_or(|(most, _)| ms > most) {
            slowest = Some((ms, what));
        }
    }
    found.extend(slowest.map(|(ms, what)| {
        let name = format!("slowest hostile text, {what}");
        Measure::new("compile", &name, ms, "ms").at_most(HOSTILE_MS_MAX)
    }));
    found
}

fn time(line: &str) -> Option<(f64, &str)> {
    // The name of a test may stand before what it prints.
    let (_, time) = line.split_once("compile: ")?;
    let (ms, what) = time.split_once(" ms for ")?;
    Some((ms.parse().ok()?, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_long_script_and_the_slowest_text_are_measures() {
        let printed = "test hostile ... compile: 3.5 ms for 90 bytes of `x`\n\
            compile: 13.25 ms for 10 bytes of `y`\nok\n\
            test long ... compile: 4.125 ms for 397 lines\nok\n";
        let found = measures(printed);
        let shown = |measure: &Measure| (measure.name.clone(), measure.value);
        let expected = [
            ("397 lines".to_owned(), 4.125),
            ("slowest hostile text, 10 bytes of `y`".to_owned(), 13.25),
        ];
        assert_eq!(found.iter().map(shown).collect::<Vec<_>>(), expected);
        assert!(found.iter().all(|measure| measure.bound.is_some()));
    }
}
