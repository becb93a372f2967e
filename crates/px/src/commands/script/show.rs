//! `px script show`.

use crate::commands::completion;
use crate::failure::{Exit, Failure};
use crate::library::LibraryOptions;
use crate::render::print;
use crate::script;
use clap_complete::ArgValueCandidates;
use std::process::ExitCode;

/// Print the text of a script
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Script by name, file or folder
    #[arg(add = ArgValueCandidates::new(completion::scripts))]
    script: String,
    /// Which part to print
    #[arg(long, value_enum, default_value = "pxl")]
    part: Part,
    #[command(flatten)]
    own: LibraryOptions,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Part {
    /// The PxL
    Pxl,
    /// The vis specification
    Vis,
    /// The manifest
    Manifest,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let found = script::find(&args.script, &args.own)?;
    let (part, name) = match args.part {
        Part::Pxl => (Some(found.text), "PxL"),
        Part::Vis => (found.vis.map(|vis| vis.text), "vis specification"),
        Part::Manifest => (found.manifest.map(|manifest| manifest.text), "manifest"),
    };
    let text = part.ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            format!("script `{}` has no {name}", found.name),
        )
    })?;
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
