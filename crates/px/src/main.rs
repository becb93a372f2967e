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
mod render;
mod say;
mod scope;
mod script;
mod size;

use clap::Parser;
use commands::Cli;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = Cli::parse();
    config::start_log();
    match cli.run() {
        Ok(code) => code,
        Err(failure) => {
            say::text(format_args!("{failure}"));
            failure.exit_code()
        }
    }
}
