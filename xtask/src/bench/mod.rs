//! `make bench`: measures what the project costs and can do.
//!
//! A case is one file in `cases/`. All cases give measures; one table shows them, and JSON lines
//! keep them.

mod cases;
mod duckdb;
pub(crate) mod load;
mod median;
mod usage;

pub(crate) use cases::{clients, nginx};

use crate::setup::{self, Purpose};
use crate::{command, workspace};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

/// Something that is measured.
struct Case {
    name: &'static str,
    run: fn(&Options) -> Result<Vec<Measure>>,
}

/// A number with its meaning.
#[derive(Clone, Debug, PartialEq)]
struct Measure {
    case: String,
    name: String,
    value: f64,
    unit: String,
    bound: Option<Bound>,
}

/// What a number must be.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// What was asked for.
#[derive(Debug, Default)]
struct Options {
    case: Option<String>,
    /// A binary to measure instead of building one.
    px: Option<PathBuf>,
}

impl Options {
    fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            if word == "--px" {
                let file = words.next().context("`--px` needs the path of a binary")?;
                options.px = Some(std::path::absolute(file)?);
            } else {
                options.case = Some(word.to_owned());
            }
        }
        Ok(options)
    }

    /// Returns the binary to measure, built if need be.
    fn px(&self) -> Result<PathBuf> {
        if let Some(px) = &self.px {
            return Ok(px.clone());
        }
        command::run(workspace::cargo()?.args([
            "build",
            "--release",
            "--workspace",
            "--bin",
            "px",
        ]))?;
        Ok(workspace::target()?.join("release/px"))
    }
}

/// Runs the cases that were asked for.
pub(crate) fn run(words: &[&str]) -> Result<ExitCode> {
    let options = Options::parse(words)?;
    let is_asked = |case: &&Case| options.case.as_deref().is_none_or(|name| name == case.name);
    let asked: Vec<&Case> = cases::CASES.iter().filter(is_asked).collect();
    if asked.is_empty() {
        let names: Vec<&str> = cases::CASES.iter().map(|case| case.name).collect();
        bail!("no such case; there are: {}", names.join(", "));
    }
    setup::prepare(Purpose::Bench)?;
    let mut measures = Vec::new();
    for case in asked {
        eprintln!("case {} …", case.name);
        let measured =
            (case.run)(&options).with_context(|| format!("case {} failed", case.name))?;
        ensure!(!measured.is_empty(), "case {} measured nothing", case.name);
        keep(&measured)?;
        measures.extend(measured);
    }
    std::io::stdout()
        .lock()
        .write_all(table(&measures).as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

impl Measure {
    fn new(case: &str, name: &str, value: f64, unit: &str) -> Self {
        Self {
            case: case.to_owned(),
            name: name.to_owned(),
            value,
            unit: unit.to_owned(),
            bound: None,
        }
    }

    fn at_least(self, bound: f64) -> Self {
        let bound = Some(Bound::AtLeast(bound));
        Self { bound, ..self }
    }

    fn at_most(self, bound: f64) -> Self {
        let bound = Some(Bound::AtMost(bound));
        Self { bound, ..self }
    }

    fn to_json(&self) -> Value {
        json!({
            "case": self.case, "name": self.name, "value": self.value, "unit": self.unit,
            "bound": self.bound.map(|bound| bound.text()),
        })
    }

    /// Reads what [`Measure::to_json`] wrote, without the bound.
    fn from_json(value: &Value) -> Result<Self> {
        let text = |key: &str| {
            value[key]
                .as_str()
                .with_context(|| format!("no `{key}`: {value}"))
        };
        let number = value["value"]
            .as_f64()
            .with_context(|| format!("no `value`: {value}"))?;
        let measure = Self::new(text("case")?, text("name")?, number, text("unit")?);
        let bound = value["bound"].as_str().and_then(Bound::parse);
        Ok(Self { bound, ..measure })
    }
}

impl Bound {
    fn text(self) -> String {
        match self {
            Self::AtLeast(bound) => format!(">= {bound}"),
            Self::AtMost(bound) => format!("<= {bound}"),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        let (sign, number) = text.split_once(' ')?;
        let number = number.parse().ok()?;
        match sign {
            ">=" => Some(Self::AtLeast(number)),
            "<=" => Some(Self::AtMost(number)),
            _ => None,
        }
    }

    fn is_kept(self, value: f64) -> bool {
        match self {
            Self::AtLeast(bound) => value >= bound,
            Self::AtMost(bound) => value <= bound,
        }
    }
}

/// Appends measures to the file of this commit.
fn keep(measures: &[Measure]) -> Result<()> {
    let git = |arguments: &[&str]| {
        command::output(
            Command::new("git")
                .arg("-C")
                .arg(workspace::root())
                .args(arguments),
        )
    };
    let commit = git(&["describe", "--always", "--dirty"])?.trim().to_owned();
    let folder = workspace::root().join("bench/results");
    fs::create_dir_all(&folder)?;
    let mut lines = String::new();
    for measure in measures {
        let mut line = measure.to_json();
        line["commit"] = json!(commit);
        line["machine"] = json!(machine());
        writeln!(lines, "{line}")?;
    }
    let file = folder.join(format!("{commit}.jsonl"));
    let mut out = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(file)?;
    Ok(out.write_all(lines.as_bytes())?)
}

/// Returns processor, cores and kernel: without them no number means anything.
fn machine() -> String {
    let read = |file: &str| fs::read_to_string(file).unwrap_or_default();
    let cpus = read("/proc/cpuinfo");
    let model = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split(": ").nth(1));
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = read("/proc/sys/kernel/osrelease");
    format!(
        "{}, {cores} cores, Linux {}",
        model.unwrap_or("unknown"),
        kernel.trim()
    )
}

fn table(measures: &[Measure]) -> String {
    let mut text = format!("\n{}\n\n", machine());
    for measure in measures {
        let Measure {
            case,
            name,
            value,
            unit,
            bound,
        } = measure;
        let bound = bound.map_or_else(String::new, |bound| {
            let verdict = if bound.is_kept(*value) {
                "kept"
            } else {
                "MISSED"
            };
            format!("{} {verdict}", bound.text())
        });
        let line = format!("{case:<10}{name:<44}{value:>14.2} {unit:<12}{bound}");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_survive_as_json() {
        for measure in [
            Measure::new("nginx", "added CPU", 3.5, "µs/request").at_most(8.0),
            Measure::new("parse", "rate", 1e6, "messages/s").at_least(5e5),
            Measure::new("scan", "time", 0.25, "s"),
        ] {
            assert_eq!(Measure::from_json(&measure.to_json()).unwrap(), measure);
        }
    }

    #[test]
    fn the_table_says_whether_bounds_are_kept() {
        let text = table(&[
            Measure::new("a", "good", 1.0, "s").at_most(1.0),
            Measure::new("a", "bad", 0.5, "x").at_least(0.9),
        ]);
        assert!(text.contains("<= 1 kept"), "{text}");
        assert!(text.contains(">= 0.9 MISSED"), "{text}");
    }

    #[test]
    fn unknown_cases_are_refused() {
        assert!(
            run(&["no-such-case"])
                .unwrap_err()
                .to_string()
                .contains("nginx")
        );
    }
}
