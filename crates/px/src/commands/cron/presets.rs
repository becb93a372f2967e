//! `px cron presets`.

use crate::failure::{Exit, Failure};
use crate::library::{BundledPreset, presets};
use crate::period;
use crate::render::{ListFormat, json_line, print};
use nixie_pxl::similar;
use serde_json::json;
use std::fmt::Write;
use std::process::ExitCode;

/// List the exporting scripts that come with px, or print one
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Preset whose text to print
    name: Option<String>,
    /// How to print the list
    #[arg(short, long, value_enum, default_value = "table")]
    output: ListFormat,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let presets = presets()?;
    let text = match (&args.name, args.output) {
        (Some(name), _) => text_of(&presets, name)?,
        (None, ListFormat::Table) => table(&presets),
        (None, ListFormat::Json) => presets.iter().map(json).collect::<Result<_, _>>()?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

fn text_of(presets: &[BundledPreset], name: &str) -> Result<String, Failure> {
    if let Some(preset) = presets.iter().find(|preset| preset.name == name) {
        return Ok(preset.script.text.clone());
    }
    let failure = Failure::new(Exit::Failed, format!("there is no preset `{name}`"));
    let hint = similar(name, presets.iter().map(|preset| preset.name)).map_or_else(
        || "`px cron presets` lists those that there are".to_owned(),
        |similar| format!("did you mean `{similar}`?"),
    );
    Err(failure.hint(hint))
}

fn table(presets: &[BundledPreset]) -> String {
    let names = presets.iter().map(|preset| preset.name.len());
    let width = names.max().unwrap_or(0).max(6);
    let mut text = format!(
        "{:width$}  {:>5}  {}\n",
        "PRESET", "EVERY", "WHAT IT EXPORTS"
    );
    for preset in presets {
        let every = period::shown(preset.manifest.frequency_s);
        let short = preset.manifest.short.trim();
        // Writing to a string cannot fail.
        writeln!(text, "{:width$}  {every:>5}  {short}", preset.name).unwrap_or_default();
    }
    text
}

fn json(preset: &BundledPreset) -> Result<String, Failure> {
    let manifest = &preset.manifest;
    json_line(&json!({
        "name": preset.name,
        "title": manifest.title,
        "frequency_s": manifest.frequency_s,
        "short": manifest.short.trim(),
        "long": manifest.long.trim(),
    }))
}
