//! Many clients at the same time while requests are traced; `bench/README.md` says how.

use super::nginx::{
    Bench, LISTEN, PORT, SERVER_CORE, TABLE_MEMORY_FOR_ALL, measure_inside, pinned, write_results,
};
use crate::bench::load::Report;
use crate::bench::median::median;
use crate::bench::{Case, Measure, Options};
use crate::sandbox::{Sandbox, Stop};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

pub(super) const CASE: Case = Case {
    name: "clients",
    run,
};

/// Requests a second.
const RATE: u32 = 1000;
const CONNECTIONS: u32 = 8;
/// Time of requests that the clients ask about.
const HELD: Duration = Duration::from_mins(5);
/// Clients at the same time.
const CLIENTS: usize = 50;
/// Questions of each.
const ROUNDS: usize = 3;
/// Time that all of them have together.
const ASKING: Duration = Duration::from_mins(2);
/// Starts of `px run` that are measured.
const STARTS: usize = 21;
const SCRIPT: &str = "px/service_stats";

/// A script that takes the agent next to no time.
const SMALL_SCRIPT: &str = "px/schemas";

/// Most time that `px run` adds to a query; here with a small one.
const START_MS_MAX: f64 = 60.0;

/// LIMIT: time for the last rows to be in the tables.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);

fn run(options: &Options) -> Result<Vec<Measure>> {
    measure_inside("bench-clients-inside", options)
}

/// The inner process: measures, and writes the results to a file.
pub(crate) fn inside(words: &[&str]) -> Result<()> {
    let [px, results, folder] = words else {
        anyhow::bail!("expected PX RESULTS FOLDER");
    };
    let mut sandbox = Sandbox::new(Path::new(folder))?;
    let mut bench = Bench::start(&mut sandbox, Path::new(px))?;
    let measures = measure(&mut bench)?;
    sandbox.close()?;
    write_results(&measures, Path::new(results))
}

fn measure(bench: &mut Bench<'_>) -> Result<Vec<Measure>> {
    bench.start_agent(TABLE_MEMORY_FOR_ALL)?;
    let starts = starts(bench)?;
    let before = bench.requests()?;
    let load = start_load(bench)?;
    bench.sandbox.pause(HELD)?;
    eprintln!("clients: {CLIENTS} at a time");
    let answers = ask_all(bench)?;
    let status = bench.sandbox.children.wait("load", load)?;
    let printed = bench.sandbox.children.log("load");
    ensure!(status.success(), "the load failed: {status}: {printed}");
    let sent = Report::parse(&printed)?.requests;
    // The question itself is a request.
    let requests = bench.requests()? - before - 1.0;
    ensure!(
        requests >= sent,
        "nginx counted {requests} of {sent} requests"
    );
    let rows = settled_rows(bench, requests)?;
    let (failed, times): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_err);
    for error in failed
        .iter()
        .filter_map(|failed| failed.as_ref().err())
        .take(3)
    {
        eprintln!("{error:#}");
    }
    let times: Vec<f64> = times.into_iter().flatten().collect();
    ensure!(!times.is_empty(), "no client had an answer");
    let measure = |name: &str, value: f64, unit: &str| Measure::new("clients", name, value, unit);
    let all = (CLIENTS * ROUNDS) as f64;
    Ok(vec![
        measure("px run of a small script, whole", median(&starts), "ms").at_most(START_MS_MAX),
        measure("questions", all, "runs"),
        measure("questions without an answer", failed.len() as f64, "runs").at_most(0.0),
        measure("time of a question", median(&times), "ms"),
        measure("requests meanwhile and before", requests, "requests"),
        measure("completeness", rows / requests * 100.0, "%").at_least(100.0),
    ])
}

/// Starts the load; returns the time after which it must have ended.
fn start_load(bench: &mut Bench<'_>) -> Result<Duration> {
    let time = HELD + ASKING;
    let mut command = pinned(SERVER_CORE, &std::env::current_exe()?);
    command.arg("bench-load");
    for number in [
        u64::from(PORT),
        u64::from(RATE),
        time.as_secs(),
        u64::from(CONNECTIONS),
    ] {
        command.arg(number.to_string());
    }
    let children = &mut bench.sandbox.children;
    children.start("load", None, Stop::Terminate, &command)?;
    Ok(time + Duration::from_secs(30))
}

fn question(bench: &Bench<'_>, script: &str) -> Command {
    let mut command = Command::new(&bench.px);
    command
        .args(["run", "--endpoint", LISTEN, "-o", "json", "--data-dir"])
        .arg(&bench.data)
        .arg(script)
        .stdin(Stdio::null());
    command
}

/// Returns the times of `px run` with a small script, from its start to its end, in ms.
fn starts(bench: &Bench<'_>) -> Result<Vec<f64>> {
    (0..STARTS).map(|_| ask(bench, SMALL_SCRIPT)).collect()
}

/// Runs all clients; returns the time of each question in ms.
fn ask_all(bench: &Bench<'_>) -> Result<Vec<Result<f64>>> {
    let started = Instant::now();
    let client = || -> Vec<Result<f64>> { (0..ROUNDS).map(|_| ask(bench, SCRIPT)).collect() };
    let answers = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        let answers = clients.into_iter().map(|client| client.join());
        answers.collect::<Result<Vec<_>, _>>()
    });
    let answers = answers.ok().context("a client broke")?;
    let elapsed = started.elapsed();
    ensure!(
        elapsed < ASKING,
        "the clients took {elapsed:?}, longer than the load"
    );
    Ok(answers.into_iter().flatten().collect())
}

fn ask(bench: &Bench<'_>, script: &str) -> Result<f64> {
    let started = Instant::now();
    let answer = question(bench, script).output()?;
    let said = String::from_utf8_lossy(&answer.stderr);
    ensure!(answer.status.success(), "`px run {script}` failed: {said}");
    ensure!(!answer.stdout.is_empty(), "`px run {script}` gave no rows");
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

/// Returns how many different requests have a row, once all have or at the deadline.
fn settled_rows(bench: &Bench<'_>, requests: f64) -> Result<f64> {
    let started = Instant::now();
    loop {
        let (row, _) = bench.ask("markers.pxl")?;
        let found = row["unique"].as_f64().unwrap_or(0.0);
        if found >= requests || started.elapsed() > SETTLED_WITHIN {
            return Ok(found);
        }
        std::thread::sleep(Duration::from_millis(500));
    }
}
