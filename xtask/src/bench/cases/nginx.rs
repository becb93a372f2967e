//! What tracing costs nginx, and what the agent costs, at a fixed rate and at saturation.
//! `bench/README.md` says how.

use crate::bench::load::Report;
use crate::bench::median::median;
use crate::bench::{Case, Measure, Options, usage};
use crate::command::{find, output};
use crate::sandbox::{self, Sandbox, Stop, is_listening};
use crate::workspace;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

pub(in crate::bench) const CASE: Case = Case { name: "nginx", run };

pub(super) const PORT: u16 = 8080;
pub(super) const LISTEN: &str = "127.0.0.1:4747";
const ANSWER_BYTES: usize = 1024;

/// Core of the server and of the load.
pub(super) const SERVER_CORE: &str = "0";
/// Core of the agent.
const AGENT_CORE: &str = "1";

const PAIRS: usize = 5;
const SECONDS: u32 = 8;
const RATE: u32 = 5000;
const CONNECTIONS: u32 = 16;

/// Of the runs that show costs; the memory bound is about this much.
const TABLE_MEMORY: &str = "64MiB";
/// Of the runs that show completeness; no row may be evicted.
pub(super) const TABLE_MEMORY_FOR_ALL: &str = "3GiB";

/// LIMIT: time for a server or the agent to start.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// LIMIT: time for the last rows to be in the tables.
const SETTLED_WITHIN: Duration = Duration::from_secs(10);

/// How requests are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Load {
    Fixed,
    Saturation,
}

impl Load {
    const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "5,000 req/s",
            Self::Saturation => "saturation",
        }
    }
}

/// What one run gave.
#[derive(Clone, Debug, Default)]
struct Run {
    /// Requests that nginx counted.
    requests: f64,
    p50_us: f64,
    p99_us: f64,
    server_us: f64,
    agent_us: f64,
    resident_mib: f64,
    map_mib: f64,
    /// From the start of the agent until it traces.
    start_s: f64,
    /// Different markers that have a row.
    markers: f64,
    /// Rows.
    rows: f64,
    /// What the result said about losses.
    said: String,
}

fn run(options: &Options) -> Result<Vec<Measure>> {
    let cores = std::thread::available_parallelism()?.get();
    ensure!(
        cores >= 2,
        "found {cores} core, but 2 are needed: the agent has one of its own"
    );
    measure_inside("bench-nginx-inside", options)
}

/// Measures in a process within a sandbox, which xtask runs by that word.
pub(super) fn measure_inside(word: &str, options: &Options) -> Result<Vec<Measure>> {
    let px = options.px()?;
    let results = workspace::cache()?.join(format!("bench-{}.jsonl", std::process::id()));
    let paths = [&px, &results].map(|path| path.to_string_lossy().into_owned());
    sandbox::enter(&[&[word.to_owned()][..], &paths[..]].concat())?;
    let lines = fs::read_to_string(&results).context("the inner process gave no results")?;
    fs::remove_file(&results)?;
    lines
        .lines()
        .map(|line| Measure::from_json(&serde_json::from_str(line)?))
        .collect()
}

/// The inner process: measures, and writes the results to a file.
pub(crate) fn inside(words: &[&str]) -> Result<()> {
    let [px, results, folder] = words else {
        anyhow::bail!("expected PX RESULTS FOLDER");
    };
    let mut sandbox = Sandbox::new(Path::new(folder))?;
    let mut bench = Bench::start(&mut sandbox, Path::new(px))?;
    let mut measures = bench.measure(Load::Fixed)?;
    measures.extend(bench.measure(Load::Saturation)?);
    sandbox.close()?;
    write_results(&measures, Path::new(results))
}

/// Writes what the process outside reads.
pub(super) fn write_results(measures: &[Measure], results: &Path) -> Result<()> {
    let lines: Vec<String> = measures
        .iter()
        .map(|measure| measure.to_json().to_string())
        .collect();
    Ok(fs::write(results, lines.join("\n"))?)
}

/// nginx with one worker on a core of its own, and an agent on the other.
pub(super) struct Bench<'a> {
    pub(super) sandbox: &'a mut Sandbox,
    pub(super) px: PathBuf,
    pub(super) data: PathBuf,
    master: u32,
    worker: u32,
}

impl<'a> Bench<'a> {
    pub(super) fn start(sandbox: &'a mut Sandbox, px: &Path) -> Result<Self> {
        let prefix = sandbox.folder_of("nginx", "nobody")?;
        fs::write(prefix.join("answer.txt"), "x".repeat(ANSWER_BYTES))?;
        let nginx = find("nginx").context("nginx is not installed")?;
        let mut command = pinned(SERVER_CORE, &nginx);
        command
            .arg("-p")
            .arg(&prefix)
            .arg("-c")
            .arg(bench_file("nginx.conf"));
        let master = sandbox
            .children
            .start("nginx", None, Stop::Terminate, &command)?;
        sandbox.wait_for("starting nginx", READY_WITHIN, |_| {
            is_listening(PORT) && usage::children(master).is_ok_and(|workers| workers.len() == 1)
        })?;
        let worker = usage::children(master)?
            .first()
            .copied()
            .context("nginx has no worker")?;
        let data = sandbox.folder_of("px", "root")?;
        Ok(Self {
            sandbox,
            px: px.to_owned(),
            data,
            master,
            worker,
        })
    }

    fn measure(&mut self, load: Load) -> Result<Vec<Measure>> {
        // Files, caches and the CPU's clock warm up.
        self.run(load, None)?;
        let mut base = Vec::new();
        let mut traced = Vec::new();
        for pair in 0..PAIRS {
            eprintln!("nginx, {}: pair {} of {PAIRS}", load.name(), pair + 1);
            // Who goes first alternates, so that a trend hits both.
            if pair % 2 == 0 {
                base.push(self.run(load, None)?);
                traced.push(self.run(load, Some(TABLE_MEMORY))?);
            } else {
                traced.push(self.run(load, Some(TABLE_MEMORY))?);
                base.push(self.run(load, None)?);
            }
        }
        eprintln!("nginx, {}: completeness", load.name());
        let whole = self.run(load, Some(TABLE_MEMORY_FOR_ALL))?;
        if !whole.said.is_empty() {
            eprintln!("{}", whole.said);
        }
        Ok(measures(load, &base, &traced, &whole))
    }

    /// Runs the load once, with an agent that has that much memory for tables, or without one.
    fn run(&mut self, load: Load, table_memory: Option<&str>) -> Result<Run> {
        let starting = Instant::now();
        let agent = table_memory
            .map(|memory| self.start_agent(memory))
            .transpose()?;
        let start_s = starting.elapsed().as_secs_f64();
        let mut result = self.run_load(load, agent)?;
        result.start_s = start_s;
        if let Some(agent) = agent {
            result.resident_mib = usage::resident_mib(agent)?;
            if table_memory == Some(TABLE_MEMORY_FOR_ALL) {
                self.count_rows(&mut result)?;
            }
            let (maps, _) = self.ask("maps.pxl")?;
            result.map_mib = maps["bytes"].as_f64().unwrap_or(0.0) / f64::from(1 << 20);
            self.sandbox.children.end("agent")?;
        }
        Ok(result)
    }

    fn run_load(&mut self, load: Load, agent: Option<u32>) -> Result<Run> {
        let requests = self.requests()?;
        let server = usage::cpu_us(self.worker)?;
        let agent_us = agent.map(usage::cpu_us).transpose()?.unwrap_or(0.0);
        let report = self.send(load)?;
        // What is still in the rings is work for the same requests.
        self.sandbox.pause(Duration::from_secs(1))?;
        Ok(Run {
            server_us: usage::cpu_us(self.worker)? - server,
            agent_us: agent.map(usage::cpu_us).transpose()?.unwrap_or(0.0) - agent_us,
            // The question itself is a request.
            requests: self.requests()? - requests - 1.0,
            p50_us: report.p50_us,
            p99_us: report.p99_us,
            ..Run::default()
        })
    }

    fn send(&mut self, load: Load) -> Result<Report> {
        let limit = Duration::from_secs(u64::from(SECONDS) + 30);
        let command = match load {
            Load::Fixed => {
                let mut command = pinned(SERVER_CORE, &std::env::current_exe()?);
                let numbers = [u32::from(PORT), RATE, SECONDS, CONNECTIONS];
                command
                    .arg("bench-load")
                    .args(numbers.map(|number| number.to_string()));
                command
            }
            Load::Saturation => {
                let wrk = find("wrk").context("wrk is not installed")?;
                let mut command = pinned(SERVER_CORE, &wrk);
                command.args(["--latency", "--threads", "1"]);
                command.args(["--connections", &CONNECTIONS.to_string()]);
                command.args(["--duration", &SECONDS.to_string(), "--script"]);
                command.arg(bench_file("markers.lua"));
                command.arg(format!("http://127.0.0.1:{PORT}/"));
                command
            }
        };
        self.sandbox
            .children
            .start("load", None, Stop::Terminate, &command)?;
        let status = self.sandbox.children.wait("load", limit)?;
        let printed = self.sandbox.children.log("load");
        ensure!(status.success(), "the load failed: {status}: {printed}");
        match load {
            Load::Fixed => Report::parse(&printed),
            Load::Saturation => parse_wrk(&printed),
        }
    }

    /// Returns how many requests nginx has counted.
    pub(super) fn requests(&self) -> Result<f64> {
        let page = output(Command::new("curl").args([
            "--silent",
            "--fail",
            &format!("http://127.0.0.1:{PORT}/status"),
        ]))?;
        parse_status(&page).with_context(|| format!("nginx's status is `{page}`"))
    }

    pub(super) fn start_agent(&mut self, table_memory: &str) -> Result<u32> {
        let mut command = pinned(AGENT_CORE, &self.px);
        command
            .args(["up", "--listen", LISTEN, "--table-memory", table_memory])
            .args(["--scope", &format!("pid:{}", self.master), "--data-dir"])
            .arg(&self.data);
        let pid = self
            .sandbox
            .children
            .start("agent", None, Stop::Terminate, &command)?;
        self.sandbox
            .wait_for("starting the agent", READY_WITHIN, |sandbox| {
                sandbox.children.log("agent").contains("px is up")
            })?;
        Ok(pid)
    }

    /// Counts rows and markers, once all are there or at the deadline.
    fn count_rows(&self, result: &mut Run) -> Result<()> {
        let started = Instant::now();
        loop {
            let (row, said) = self.ask("markers.pxl")?;
            result.markers = row["unique"].as_f64().unwrap_or(0.0);
            result.rows = row["rows"].as_f64().unwrap_or(0.0);
            result.said = said;
            if result.markers >= result.requests || started.elapsed() > SETTLED_WITHIN {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Returns the first row of a script's result, and what was said about it.
    pub(super) fn ask(&self, script: &str) -> Result<(Value, String)> {
        let answer = Command::new(&self.px)
            .args([
                "run",
                "--endpoint",
                LISTEN,
                "--output",
                "json",
                "--data-dir",
            ])
            .arg(&self.data)
            .arg("--file")
            .arg(bench_file(script))
            .output()?;
        let said = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
        ensure!(
            answer.status.success(),
            "`px run` of `{script}` failed: {said}"
        );
        let printed = String::from_utf8_lossy(&answer.stdout).into_owned();
        let row = printed
            .lines()
            .next()
            .map(serde_json::from_str)
            .transpose()?;
        Ok((row.unwrap_or(Value::Null), said))
    }
}

fn measures(load: Load, base: &[Run], traced: &[Run], whole: &Run) -> Vec<Measure> {
    let pairs = || base.iter().zip(traced);
    let of =
        |runs: &[Run], value: fn(&Run) -> f64| median(&runs.iter().map(value).collect::<Vec<_>>());
    let server = |run: &Run| run.server_us / run.requests;
    let added: Vec<f64> = pairs()
        .map(|(base, traced)| server(traced) - server(base))
        .collect();
    let rate: Vec<f64> = pairs()
        .map(|(base, traced)| traced.requests / base.requests)
        .collect();
    let measure = |name: &str, value: f64, unit: &str| {
        Measure::new("nginx", &format!("{}: {name}", load.name()), value, unit)
    };
    let added = measure("CPU added to the server", median(&added), "µs/request");
    let agent = of(traced, |run| run.agent_us / run.requests);
    let agent = measure("CPU of the agent", agent, "µs/request");
    let complete = measure("completeness", whole.markers / whole.requests * 100.0, "%");
    let missing = whole.requests - whole.markers;
    let missing = measure("requests without a row", missing, "requests");
    let mut found = vec![measure(
        "CPU of the server, base",
        of(base, server),
        "µs/request",
    )];
    match load {
        Load::Fixed => {
            let memory = of(traced, |run| run.resident_mib + run.map_mib);
            found.extend([
                added.at_most(8.0),
                agent.at_most(10.0),
                complete.at_least(100.0),
                missing.at_most(0.0),
                measure("start of the agent", of(traced, |run| run.start_s), "s").at_most(3.0),
                measure(
                    "memory of the agent, RSS",
                    of(traced, |run| run.resident_mib),
                    "MiB",
                ),
                measure(
                    "memory of the agent, maps",
                    of(traced, |run| run.map_mib),
                    "MiB",
                ),
                measure("memory of the agent, both", memory, "MiB").at_most(164.0),
            ]);
        }
        Load::Saturation => {
            let per_s = |run: &Run| run.requests / f64::from(SECONDS);
            found.extend([
                added,
                agent,
                complete,
                missing,
                measure("throughput, base", of(base, per_s), "requests/s"),
                measure("throughput, traced", of(traced, per_s), "requests/s"),
                measure("throughput, ratio", median(&rate), "x").at_least(0.90),
            ]);
        }
    }
    found.extend([
        measure("rows twice", whole.rows - whole.markers, "rows").at_most(0.0),
        measure("latency p50, base", of(base, |run| run.p50_us), "µs"),
        measure("latency p50, traced", of(traced, |run| run.p50_us), "µs"),
        measure("latency p99, base", of(base, |run| run.p99_us), "µs"),
        measure("latency p99, traced", of(traced, |run| run.p99_us), "µs"),
    ]);
    found
}

pub(super) fn pinned(core: &str, program: &Path) -> Command {
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", core]).arg(program);
    command
}

fn bench_file(name: &str) -> PathBuf {
    workspace::root().join("bench").join(name)
}

/// Reads the third number of `accepts handled requests`.
fn parse_status(page: &str) -> Option<f64> {
    page.lines().nth(2)?.split_whitespace().nth(2)?.parse().ok()
}

/// Reads the latencies that wrk prints as `50%  350.00us`.
fn parse_wrk(printed: &str) -> Result<Report> {
    let quantile = |name: &str| {
        let mut lines = printed.lines().map(str::trim);
        let value = lines
            .find_map(|line| line.strip_prefix(name))
            .and_then(micros);
        value.with_context(|| format!("no `{name}` in `{printed}`"))
    };
    let errors = printed
        .lines()
        .find(|line| line.contains("Socket errors") || line.contains("Non-2xx"));
    ensure!(
        errors.is_none(),
        "wrk met errors: {}",
        errors.unwrap_or_default().trim()
    );
    let requests = printed
        .lines()
        .find_map(|line| line.trim().split_once(" requests in "));
    let requests = requests.and_then(|(number, _)| number.parse().ok());
    Ok(Report {
        requests: requests.with_context(|| format!("no number of requests in `{printed}`"))?,
        p50_us: quantile("50%")?,
        p99_us: quantile("99%")?,
    })
}

fn micros(text: &str) -> Option<f64> {
    let text = text.trim();
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let number: f64 = text[..at].parse().ok()?;
    match &text[at..] {
        "us" => Some(number),
        "ms" => Some(number * 1e3),
        "s" => Some(number * 1e6),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_wrk_and_nginx_print_is_understood() {
        let printed = "  Latency Distribution\n     50%  350.50us\n     99%    1.20ms\n\
            \x20 80000 requests in 8.00s, 100.00MB read\n";
        let report = parse_wrk(printed).unwrap();
        assert_eq!(
            (report.requests, report.p50_us, report.p99_us),
            (80_000.0, 350.5, 1200.0)
        );
        assert!(parse_wrk("Non-2xx or 3xx responses: 5\n").is_err());
        let page =
            "Active connections: 1 \nserver accepts handled requests\n 2 2 77 \nReading: 0\n";
        assert_eq!(parse_status(page), Some(77.0));
    }

    #[test]
    fn costs_are_medians_of_pairs() {
        let run = |server_us, requests| Run {
            server_us,
            requests,
            ..Run::default()
        };
        let base = [run(100.0, 10.0), run(200.0, 10.0), run(300.0, 10.0)];
        let traced = [run(120.0, 10.0), run(250.0, 10.0), run(330.0, 10.0)];
        let whole = Run {
            requests: 4.0,
            markers: 3.0,
            rows: 3.0,
            ..Run::default()
        };
        let found = measures(Load::Fixed, &base, &traced, &whole);
        let value = |name: &str| {
            let measure = found.iter().find(|measure| measure.name.ends_with(name));
            measure.map(|measure| measure.value)
        };
        assert_eq!(value("CPU added to the server"), Some(3.0));
        assert_eq!(value("completeness"), Some(75.0));
        assert_eq!(value("requests without a row"), Some(1.0));
        assert_eq!(value("rows twice"), Some(0.0));
    }
}
