//! `px script list`.

use crate::failure::Failure;
use crate::library::{Library, LibraryOptions, Manifest};
use crate::render::{ListFormat, print_harmless};
use serde_json::json;
use std::fmt::Write;
use std::process::ExitCode;

/// List the scripts that can be run by name
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to print
    #[arg(short, long, value_enum, default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    own: LibraryOptions,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    list(&args.own, args.output)
}

/// Prints the scripts that can be run by name, and what they show.
pub(super) fn list(options: &LibraryOptions, output: ListFormat) -> Result<ExitCode, Failure> {
    let library = Library::open(options)?;
    let names = library.names();
    let width = names
        .iter()
        .map(|name| name.len())
        .max()
        .unwrap_or(0)
        .max(6);
    let mut text = String::new();
    if output == ListFormat::Table {
        writeln!(text, "{:width$}  WHAT IT SHOWS", "SCRIPT").unwrap_or_default();
    }
    for name in names {
        let Some(script) = library.script(name)? else {
            continue;
        };
        let manifest = Manifest::of_listed(&script);
        if manifest.hidden {
            continue;
        }
        let (short, long) = (manifest.short.trim(), manifest.long.trim());
        // Writing to a string cannot fail.
        match output {
            ListFormat::Table => writeln!(text, "{name:width$}  {short}"),
            ListFormat::Json => {
                let line = json!({"name": name, "short": short, "long": long});
                writeln!(text, "{line}")
            }
        }
        .unwrap_or_default();
    }
    print_harmless(&text)?;
    Ok(ExitCode::SUCCESS)
}
