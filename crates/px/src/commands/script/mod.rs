//! `px script`: what there is to run, and help with writing it.

mod bundle;
mod check;
mod list;
mod new;
mod show;

use crate::commands::run;
use crate::failure::Failure;
use crate::library::LibraryOptions;
use crate::render::ListFormat;
use clap::Subcommand;
use std::process::ExitCode;

/// List, show, check, start and run scripts
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Check(check::Args),
    New(new::Args),
    #[command(alias = "create-bundle")]
    Bundle(bundle::Args),
    Run(Box<run::Args>),
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.command {
        Command::List(args) => list::run(&args),
        Command::Show(args) => show::run(&args),
        Command::Check(args) => check::run(&args),
        Command::New(args) => new::run(&args),
        Command::Bundle(args) => bundle::run(&args),
        Command::Run(args) => run::run(*args),
    }
}

/// Prints the scripts that can be run by name.
pub(super) fn list_scripts(
    options: &LibraryOptions,
    output: ListFormat,
) -> Result<ExitCode, Failure> {
    list::list(options, output)
}
