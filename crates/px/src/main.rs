//! The px binary: command line and role start-up.
//!
//! Each command is one file in `commands/`. Results go to standard output; everything that is
//! said about them goes to standard error.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod agent_options;
mod client;
mod collect;
mod commands;
mod config;
mod failure;
mod invocation;
mod judge;
mod library;
mod login;
mod lsp;
mod new_file;
mod period;
mod private_file;
mod render;
#[cfg(test)]
mod restricted;
mod say;
mod scope;
mod script;
mod settings;
mod size;
mod usage;

use clap::{CommandFactory, FromArgMatches};
use commands::Cli;
use mimalloc::MiMalloc;
use settings::Settings;
use std::process::ExitCode;

/// A query takes and gives back a few blocks for each batch of rows. The C library's allocator gives
/// them to the kernel each time, whose pages then cost more than the work on them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    commands::answer_shell();
    let cli = command_line();
    config::start_log();
    let done = cli.run();
    render::pager::finish();
    match done {
        Ok(code) => code,
        Err(failure) => {
            say::text(format_args!("{failure}"));
            failure.exit_code()
        }
    }
}

/// Reads the command line; what is wrong with it ends the process.
fn command_line() -> Cli {
    let mut command = settings::with_settings(Cli::command(), &user_settings());
    let matches = command.try_get_matches_from_mut(std::env::args_os());
    let matches = matches.unwrap_or_else(|error| {
        let words = std::env::args_os().skip(1);
        let words: Vec<String> = words
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        usage::explained(error, &mut command, &words).exit()
    });
    Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit())
}

/// Returns what the user has set. What is wrong with it is told, and does not keep `px config`
/// from mending it.
fn user_settings() -> Settings {
    let Some(path) = Settings::path() else {
        return Settings::default();
    };
    let mut settings = Settings::read(&path).unwrap_or_else(|failure| {
        say::text(format_args!("{failure}"));
        Settings::default()
    });
    if settings == Settings::default() {
        return settings;
    }
    for problem in settings.retain_valid(&Cli::command()) {
        let path = path.display();
        say::line(format_args!(
            "warning: {problem} (in `{path}`); see `px config`"
        ));
    }
    settings
}
