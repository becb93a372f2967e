//! `px completion`, and what it completes besides commands and flags.

use crate::collect;
use crate::commands::Cli;
use crate::failure::{Exit, Failure};
use crate::library::{Library, LibraryOptions, Manifest};
use crate::render::print;
use crate::{invocation, script};
use clap::CommandFactory;
use clap_complete::engine::CompletionCandidate;
use clap_complete::env::{CompleteEnv, Shells};
use std::process::ExitCode;

/// Set by the shell when it asks px to complete a line.
const VARIABLE: &str = "PX_COMPLETE";

/// Print what makes a shell complete the words of px
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px completion bash > ~/.local/share/bash-completion/completions/px
  px completion zsh > \"${fpath[1]}/_px\"
  px completion fish > ~/.config/fish/completions/px.fish

Scripts, their arguments, and tables are completed as well.")]
pub(crate) struct Args {
    /// Which shell
    shell: Shell,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// Answers the shell and ends the process, if it is a shell that asks.
pub(crate) fn answer_shell() {
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .complete();
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let name = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
    };
    let failed = || Failure::new(Exit::Failed, format!("no completion for `{name}`"));
    let shells = Shells::builtins();
    let shell = shells.completer(name).ok_or_else(failed)?;
    let mut text = Vec::new();
    shell
        .write_registration(VARIABLE, "px", "px", "px", &mut text)
        .map_err(|error| failed().caused_by(&error))?;
    print(&String::from_utf8_lossy(&text))?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the scripts that can be run by name.
pub(super) fn scripts() -> Vec<CompletionCandidate> {
    let Ok(library) = Library::open(&LibraryOptions::default()) else {
        return Vec::new();
    };
    let candidate = |name: &str| {
        let script = library.script(name).ok()??;
        let manifest = Manifest::of(&script).ok()?;
        let help = manifest.short.trim().to_owned();
        (!manifest.hidden).then(|| CompletionCandidate::new(name).help(Some(help.into())))
    };
    let names = library.names();
    names.into_iter().filter_map(candidate).collect()
}

/// Returns the tables that px knows.
pub(super) fn tables() -> Vec<CompletionCandidate> {
    let tables = collect::tables().into_iter();
    let candidate = |table: &nixie_types::TableSpec| {
        CompletionCandidate::new(table.name).help(Some(table.description.into()))
    };
    tables.map(candidate).collect()
}

/// Returns the arguments of the script that the line names.
pub(super) fn arguments() -> Vec<CompletionCandidate> {
    let words = std::env::args().skip_while(|word| word != "--").skip(1);
    let words: Vec<String> = words.collect();
    let found = words.iter().find_map(|word| {
        let library = Library::open(&LibraryOptions::default()).ok()?;
        library.script(word).ok()?
    });
    let found = found.or_else(|| {
        let is_flag = |word: &String| ["-f", "--file"].contains(&word.as_str());
        let at = words.iter().position(is_flag)?;
        // Standard input is the terminal.
        let file = words.get(at + 1).filter(|&file| file != "-")?;
        script::read(file.as_ref()).ok()
    });
    let arguments = found.map(|script| invocation::arguments(&script));
    let candidate = |argument: invocation::Known| {
        let help = Some(argument.description).filter(|help| !help.is_empty());
        CompletionCandidate::new(format!("--{}", argument.name)).help(help.map(Into::into))
    };
    let known = arguments.and_then(Result::ok).unwrap_or_default();
    known.into_iter().map(candidate).collect()
}
