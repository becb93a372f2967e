//! `make demo`: a small real system that nobody instrumented, traced and queried.

mod agent;
mod bundled;
mod system;
mod tally;

use crate::sandbox::{self, Sandbox, Stop};
use crate::setup::{self, Purpose};
use crate::{command, workspace};
use agent::Agent;
use anyhow::{Context, Result, ensure};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use system::System;
use tally::Tally;

/// How often the tables are shown.
const REFRESH: Duration = Duration::from_secs(3);

/// LIMIT: time that the last rows may take to be in the tables.
const LAST_ROWS_WITHIN: Duration = Duration::from_secs(10);

/// Scripts that are shown again and again, in this order.
const SHOWN: [&str; 3] = ["recent.pxl", "paths.pxl", "connections.pxl"];

const LOAD: &str = "load generator";

/// What was asked for on the command line.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// How long to run; none means until Ctrl-C.
    seconds: Option<u64>,
    /// A binary to use instead of building one.
    px: Option<PathBuf>,
}

impl Options {
    /// Reads `[SECONDS] [--px FILE]`.
    pub(crate) fn parse(words: &[&str]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(&word) = words.next() {
            if word == "--px" {
                let file = words.next().context("`--px` needs the path of a binary")?;
                options.px = Some(std::path::absolute(file)?);
            } else {
                let seconds = word
                    .trim_end_matches('s')
                    .parse()
                    .ok()
                    .filter(|&seconds| seconds > 0);
                let message = || format!("`{word}` is no number of seconds, for example `30`");
                options.seconds = Some(seconds.with_context(message)?);
            }
        }
        Ok(options)
    }

    fn words(&self, px: &Path) -> Vec<String> {
        let mut words = vec!["demo-inside".to_owned()];
        words.extend(self.seconds.map(|seconds| seconds.to_string()));
        words.extend(["--px".to_owned(), px.to_string_lossy().into_owned()]);
        words
    }
}

/// Runs the demonstration, with everything that it needs before.
pub(crate) fn run(words: &[&str]) -> Result<ExitCode> {
    let options = Options::parse(words)?;
    setup::prepare(Purpose::Demo)?;
    let px = match &options.px {
        Some(px) => px.clone(),
        None => build()?,
    };
    sandbox::enter(&options.words(&px))
}

fn build() -> Result<PathBuf> {
    let folder = workspace::target()?.join("demo");
    if folder.metadata().is_err() {
        eprintln!("building px; the first time takes about 12 minutes on two cores");
    }
    command::run(workspace::cargo()?.args(["build", "--profile", "demo", "--bin", "px"]))?;
    Ok(folder.join("px"))
}

/// The inner process: runs the system and the agent, and shows tables.
pub(crate) fn inside(words: &[&str]) -> Result<ExitCode> {
    let (folder, words) = words.split_last().context("the folder is missing")?;
    let options = Options::parse(words)?;
    let px = options.px.as_deref().context("`--px` is missing")?;
    let mut sandbox = Sandbox::new(Path::new(folder))?;
    let result = demonstrate(&mut sandbox, px, options.seconds);
    let closed = sandbox.close();
    let is_good = result?;
    closed?;
    Ok(if is_good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn demonstrate(sandbox: &mut Sandbox, px: &Path, seconds: Option<u64>) -> Result<bool> {
    let started = Instant::now();
    say("starting nginx, a shop service, PostgreSQL, Redis and the agent …")?;
    let system = System::start(sandbox)?;
    let agent = Agent::start(sandbox, px, &system.pids)?;
    system.wait_until_ready(sandbox)?;
    agent.wait_until_ready(sandbox)?;
    let load_log = system::start_load(sandbox)?;
    say(&format!(
        "ready after {:.1} s",
        started.elapsed().as_secs_f64()
    ))?;
    show(sandbox, &agent, seconds)?;
    let status = sandbox.children.end(LOAD)?;
    ensure!(status.success(), "the load generator failed: {status}");
    let sent = Tally::of_load(&std::fs::read_to_string(load_log)?)?;
    let traced = settled_rows(&agent, &sent)?;
    say(&tally::comparison(&sent, &traced))?;
    say(&bundled::run(&agent)?)?;
    Ok(traced.has_rows_of_both())
}

fn show(sandbox: &mut Sandbox, agent: &Agent, seconds: Option<u64>) -> Result<()> {
    let started = Instant::now();
    let limit = seconds.map(Duration::from_secs);
    let is_over = |sandbox: &Sandbox| {
        sandbox.is_stopped() || limit.is_some_and(|limit| started.elapsed() >= limit)
    };
    while !is_over(sandbox) {
        let left = limit.map_or(REFRESH, |limit| limit.saturating_sub(started.elapsed()));
        sandbox.pause(REFRESH.min(left))?;
        let mut page = String::new();
        for script in SHOWN {
            page.push_str(&agent.table(&scripts().join(script))?);
            page.push('\n');
        }
        let end = match limit {
            Some(limit) => format!("of {} s", limit.as_secs()),
            None => "until Ctrl-C".to_owned(),
        };
        let seconds = started.elapsed().as_secs();
        page.push_str(&format!("{seconds} s {end}; the scripts are in demo/*.pxl"));
        say(&format!("{}{page}", clear()))?;
    }
    Ok(())
}

/// Returns the rows once all that were sent are there, or what is there at the deadline.
fn settled_rows(agent: &Agent, sent: &Tally) -> Result<Tally> {
    let started = Instant::now();
    loop {
        let rows = agent.json_lines(&scripts().join("summary.pxl"))?;
        let traced = Tally::of_rows(&rows)?;
        if traced.matches(sent) || started.elapsed() > LAST_ROWS_WITHIN {
            return Ok(traced);
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn scripts() -> PathBuf {
    workspace::root().join("demo")
}

/// Clears a terminal; a file or a pipe gets one page after the other.
fn clear() -> &'static str {
    if std::io::stdout().is_terminal() {
        "\x1b[H\x1b[2J"
    } else {
        ""
    }
}

/// Prints a line; a closed pipe is an error, after which everything is cleaned up.
fn say(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("cannot write the output")
}

/// How most servers are asked to end.
const TERMINATE: Stop = Stop::Terminate;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_survive_the_way_inside() {
        let options = Options::parse(&["30s"]).unwrap();
        let words = options.words(Path::new("/x/px"));
        let words: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        let inside = Options::parse(&words).unwrap();
        assert_eq!(inside.seconds, Some(30));
        assert_eq!(inside.px.as_deref(), Some(Path::new("/x/px")));
    }

    #[test]
    fn wrong_durations_are_named() {
        for word in ["soon", "0", "-3"] {
            let error = Options::parse(&[word]).unwrap_err().to_string();
            assert!(
                error.contains(&format!("`{word}` is no number of seconds")),
                "{error}"
            );
        }
    }

    #[test]
    fn all_scripts_are_there() {
        for script in SHOWN.iter().chain(&["summary.pxl"]) {
            assert!(scripts().join(script).is_file(), "{script}");
        }
    }
}
