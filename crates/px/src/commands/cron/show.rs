//! `px cron show`.

use super::{Schedule, list};
use crate::failure::Failure;
use crate::period;
use crate::render::{ListFormat, json_line, print};
use nixie_api::CronScript;
use nixie_live::cells::format::time;
use std::fmt::Write;
use std::process::ExitCode;

/// Show a scheduled script, with its text
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Its name
    name: String,
    /// How to print
    #[arg(short, long, value_enum, default_value = "table")]
    output: ListFormat,
}

pub(super) fn run(schedule: &Schedule, args: &Args) -> Result<ExitCode, Failure> {
    let script = schedule.script(&args.name)?;
    let text = match args.output {
        ListFormat::Table => text(&script),
        ListFormat::Json => json_line(&script)?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn text(script: &CronScript) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        writeln!(text, "{name:12} {}", value.escape_debug()).unwrap_or_default();
    };
    line("name", &script.name);
    line("id", &script.id);
    if !script.description.is_empty() {
        line("description", &script.description);
    }
    line("every", &period::shown(script.frequency_s));
    line(
        "state",
        if script.enabled {
            "enabled"
        } else {
            "disabled"
        },
    );
    line("exports to", &list::place(script));
    if !script.endpoint_headers.is_empty() {
        // Their values are secrets.
        line("headers", &script.endpoint_headers.join(", "));
    }
    line("created", &time(script.created_ns));
    line("skipped", &format!("{} periods", script.periods_skipped));
    if let Some(run) = &script.last_run {
        line("last run", &format!("{} {}", time(run.time_ns), run.state));
        if !run.message.is_empty() {
            line("", &run.message);
        }
    }
    format!("{text}\n{}\n", script.script.trim_end())
}
