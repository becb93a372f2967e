//! `px cron list`.

use super::Schedule;
use crate::failure::Failure;
use crate::period;
use crate::render::{ListFormat, json_line, print};
use nixie_api::CronScript;
use nixie_live::cells::format::time;
use std::fmt::Write;
use std::process::ExitCode;

/// List the scheduled scripts
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How to print
    #[arg(short, long, value_enum, default_value = "table")]
    output: ListFormat,
}

pub(super) fn run(schedule: &Schedule, args: &Args) -> Result<ExitCode, Failure> {
    let scripts = schedule.scripts()?;
    let text = match args.output {
        ListFormat::Table => table(&scripts),
        ListFormat::Json => scripts.iter().map(json_line).collect::<Result<_, _>>()?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn table(scripts: &[CronScript]) -> String {
    if scripts.is_empty() {
        return "no scripts are scheduled; `px cron presets` lists what could be\n".to_owned();
    }
    let names = scripts.iter().map(|script| script.name.chars().count());
    let width = names.max().unwrap_or(0).max(6);
    let mut text = format!(
        "{:width$}  {:>6}  {:8}  {:23}  {:10}  {:>7}  {}\n",
        "SCRIPT", "EVERY", "STATE", "LAST RUN", "OUTCOME", "SKIPPED", "EXPORTS TO"
    );
    for script in scripts {
        let last = script.last_run.as_ref();
        // Writing to a string cannot fail.
        writeln!(
            text,
            "{:width$}  {:>6}  {:8}  {:23.23}  {:10}  {:>7}  {}",
            script.name.escape_debug().to_string(),
            period::shown(script.frequency_s),
            if script.enabled {
                "enabled"
            } else {
                "disabled"
            },
            last.map_or_else(|| "-".to_owned(), |run| time(run.time_ns)),
            last.map_or("-", |run| run.state.as_str()),
            script.periods_skipped,
            place(script),
        )
        .unwrap_or_default();
    }
    text
}

/// Returns where a script exports to, as far as the script does not say it.
pub(super) fn place(script: &CronScript) -> String {
    let url = script.endpoint_url.escape_debug().to_string();
    match (url.is_empty(), script.plugin_id.as_str()) {
        (false, _) => url,
        (true, "") => "-".to_owned(),
        (true, plugin) => format!("plugin {plugin}"),
    }
}
