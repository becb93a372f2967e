//! `px script list`.

use super::Format;
use crate::failure::Failure;
use crate::library::{self, Library, Manifest};
use crate::render::print;
use serde_json::json;
use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

/// List the scripts that can be run by name
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How to print
    #[arg(short, long, value_enum, default_value = "table")]
    output: Format,
    /// Folder of scripts of your own; otherwise those that PX_SCRIPT_DIR names
    #[arg(long, value_name = "DIR")]
    script_dir: Vec<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let library = Library::open(&library::user_folders(&args.script_dir))?;
    let names = library.names();
    let width = names
        .iter()
        .map(|name| name.len())
        .max()
        .unwrap_or(0)
        .max(6);
    let mut text = String::new();
    if args.output == Format::Table {
        writeln!(text, "{:width$}  WHAT IT SHOWS", "SCRIPT").unwrap_or_default();
    }
    for name in names {
        let Some(script) = library.script(name)? else {
            continue;
        };
        let manifest = Manifest::of(&script)?;
        if manifest.hidden {
            continue;
        }
        let (short, long) = (manifest.short.trim(), manifest.long.trim());
        // Writing to a string cannot fail.
        match args.output {
            Format::Table => writeln!(text, "{name:width$}  {short}"),
            Format::Json => {
                let line = json!({"name": name, "short": short, "long": long});
                writeln!(text, "{line}")
            }
        }
        .unwrap_or_default();
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
