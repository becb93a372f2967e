//! `px cron create`.

use super::Schedule;
use crate::client::Change;
use crate::client::read_answer;
use crate::commands::export_options::ExportOptions;
use crate::failure::Failure;
use crate::library::{LibraryOptions, Script, presets};
use crate::{period, script};
use nixie_api::{CRON_PATH, CronCreated, NewCronScript};
use nixie_pxl::similar;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Schedule a script that has no errors
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px cron create http -f http_metrics --every 10s --export-to localhost:4317 --export-insecure
  px cron create spans -f http_spans --every 10s --export-to https://otlp.example --export-header api-key=…
  px cron create mine -f my.pxl --every 1m

The script reads the time of a run as `px.plugin.start_time` and `px.plugin.end_time`.")]
pub(super) struct Args {
    /// Name to call it by
    name: String,
    /// Preset, file, script by name, or `-` for standard input
    #[arg(required_unless_present = "file")]
    script: Option<String>,
    /// The same
    #[arg(short, long, value_name = "SCRIPT", conflicts_with = "script")]
    file: Option<PathBuf>,
    /// Time from one run to the next, such as `10s`, `5m` or `1h`
    #[arg(long, value_name = "PERIOD", value_parser = period::parse)]
    every: u32,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Do not run it yet
    #[arg(long)]
    disabled: bool,
    #[command(flatten)]
    export: ExportOptions,
    #[command(flatten)]
    own: LibraryOptions,
}

pub(super) fn run(schedule: &Schedule, args: Args) -> Result<ExitCode, Failure> {
    let Args {
        name,
        script,
        file,
        every,
        description,
        disabled,
        export,
        own,
    } = args;
    let word = file.map(|file| file.display().to_string()).or(script);
    let (script, about) = find(&word.unwrap_or_default(), &own)?;
    let new = NewCronScript {
        name,
        description: description.unwrap_or(about),
        script: script.text.clone(),
        frequency_s: every,
        endpoint: export.endpoint()?,
        disabled,
    };
    let question = serde_json::to_value(&new).map_err(|error| Failure::of(&error))?;
    let answer = schedule.client.change(CRON_PATH, &Change::Create(question));
    let answer = answer.map_err(|refusal| refusal.of_script(&script.name, &script.text))?;
    let created: CronCreated = read_answer(&answer)?;
    let when = if disabled {
        "disabled".to_owned()
    } else {
        format!("runs every {}", period::shown(every))
    };
    crate::say::note(format_args!(
        "scheduled `{}` with id {}: {when}",
        created.script.name.escape_debug(),
        created.script.id
    ));
    if created.exports == 0 {
        crate::say::note(format_args!(
            "note: the script exports nothing; what it displays is counted, and goes nowhere"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Finds a script, and what it is for: presets first, as they are what is mostly scheduled.
fn find(word: &str, options: &LibraryOptions) -> Result<(Script, String), Failure> {
    let mut presets = presets()?;
    if let Some(index) = presets.iter().position(|preset| preset.name == word) {
        let preset = presets.swap_remove(index);
        return Ok((preset.script, preset.manifest.short.trim().to_owned()));
    }
    let found = if Path::new(word).is_dir() {
        script::read(Path::new(word))
    } else {
        script::find(word, options)
    };
    let known = presets.iter().map(|preset| preset.name);
    let found = found.map_err(|failure| match similar(word, known) {
        Some(similar) => failure.hint(format!("did you mean the preset `{similar}`?")),
        None => failure,
    })?;
    Ok((found, String::new()))
}
