//! `px cron history`.

use super::Schedule;
use crate::client::read_answer;
use crate::failure::Failure;
use crate::render::{ListFormat, json_line, print};
use nixie_api::{CRON_RUNS_PATH, CronRun, CronRuns};
use nixie_live::cells::format::{duration, time};
use std::fmt::Write;
use std::process::ExitCode;

/// Show what became of the runs of scheduled scripts, the latest first
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Script whose runs to show; otherwise those of all
    name: Option<String>,
    /// Most runs to show
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "20")]
    last: usize,
    /// How to print
    #[arg(short, long, value_enum, default_value = "table")]
    output: ListFormat,
}

pub(super) fn run(schedule: &Schedule, args: &Args) -> Result<ExitCode, Failure> {
    let path = match &args.name {
        Some(name) => format!("{CRON_RUNS_PATH}/{}", schedule.script(name)?.id),
        None => CRON_RUNS_PATH.to_owned(),
    };
    let runs: CronRuns = read_answer(&schedule.client.get(&path)?)?;
    let runs = &runs.runs[..runs.runs.len().min(args.last)];
    let text = match args.output {
        ListFormat::Table => table(runs),
        ListFormat::Json => runs.iter().map(json_line).collect::<Result<_, _>>()?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table(runs: &[CronRun]) -> String {
    if runs.is_empty() {
        return "no runs yet\n".to_owned();
    }
    let names = runs.iter().map(|run| run.script_name.chars().count());
    let width = names.max().unwrap_or(0).max(6);
    let mut text = format!(
        "{:23}  {:width$}  {:10}  {:>8}  {:>8}  {:>8}  {:>8}  {:>6}  {}\n",
        "TIME", "SCRIPT", "OUTCOME", "TOOK", "ROWS", "SPANS", "POINTS", "LOST", "MESSAGE"
    );
    for run in runs {
        // Writing to a string cannot fail.
        writeln!(
            text,
            "{:23.23}  {:width$}  {:10}  {:>8}  {:>8}  {:>8}  {:>8}  {:>6}  {}",
            time(run.time_ns),
            run.script_name.escape_debug().to_string(),
            run.state,
            duration(run.execution_ns as f64),
            run.rows,
            run.spans_sent,
            run.points_sent,
            run.lost,
            run.message.escape_debug(),
        )
        .unwrap_or_default();
    }
    text
}
