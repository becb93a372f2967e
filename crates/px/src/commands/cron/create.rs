//! `px cron create`.

use super::Schedule;
use crate::client::{Change, Refusal, read_answer};
use crate::commands::export_options::ExportOptions;
use crate::failure::{Exit, Failure};
use crate::invocation::vis;
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
    /// Preset, file, script by name, or `-` for standard input; it has to call `px.export` or
    /// `px.display` itself, which most scripts that come with px leave to their vis specification
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
    let answer = answer.map_err(|refusal| refused(refusal, &script))?;
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

/// Returns the failure that a script cannot be scheduled.
fn refused(refusal: Refusal, script: &Script) -> Failure {
    let is_idle = match &refusal {
        Refusal::Report(report) => {
            let mut problems = report.diagnostics.iter();
            problems.any(|problem| problem.code == "no-output")
        }
        Refusal::Other(_) => false,
    };
    if !is_idle || !vis(script).is_ok_and(|vis| vis.has_calls()) {
        return refusal.of_script(&script.name, &script.text);
    }
    let message = format!(
        "script `{}` only has functions, which its vis specification calls; by itself it displays \
         and exports nothing, and so it cannot be scheduled",
        script.name
    );
    Failure::new(Exit::Script, message).hint(
        "write a script that calls `px.export` or `px.display`, or take a preset: see \
         `px cron presets`",
    )
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

#[cfg(test)]
mod tests {
    use super::*;
    use nixie_api::{Diagnostic, ErrorKind, ErrorReport};

    #[test]
    fn a_script_of_functions_is_told_from_one_with_an_error() {
        let report = |code: &str| {
            Refusal::Report(ErrorReport {
                kind: ErrorKind::Script,
                message: "the script has an error".to_owned(),
                causes: Vec::new(),
                hint: None,
                diagnostics: vec![Diagnostic {
                    code: code.to_owned(),
                    message: "what is wrong".to_owned(),
                    line: 0,
                    column: 0,
                    width: 0,
                    help: None,
                }],
            })
        };
        let (script, _) = find("px/http_data", &LibraryOptions::default()).unwrap();
        let text = refused(report("no-output"), &script).to_string();
        assert!(
            text.contains("only has functions") && text.contains("px cron presets"),
            "{text}"
        );
        let text = refused(report("unknown-column"), &script).to_string();
        assert!(text.contains("what is wrong"), "{text}");
        let plain = Script {
            vis: None,
            ..script
        };
        let text = refused(report("no-output"), &plain).to_string();
        assert!(text.contains("what is wrong"), "{text}");
    }
}
