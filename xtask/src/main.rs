//! The project's automation, as `cargo xtask COMMAND`; the `Makefile` is its menu.
//!
//! It builds without clang or any library, because it is what finds and installs them.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

mod bench;
mod checks;
mod command;
mod demo;
mod sandbox;
mod setup;
mod tidy;
mod workspace;

use anyhow::{Result, bail};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask COMMAND

  setup build|demo|test|bench|all   install what is missing, or say how to
  demo [SECONDS]                    trace a small real system and show live tables
  test                              format, lints, all tests, tidy rules
  lint                              clippy, with warnings as errors
  tidy                              sizes, names, licences, who depends on whom
  deny                              dependencies, with cargo-deny
  bench [CASE]                      measure; without a case, all of them
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("caused by: {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<ExitCode> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["setup", purpose] => setup::prepare(setup::Purpose::from_name(purpose)?)?,
        ["demo", words @ ..] => return demo::run(words),
        // What `demo` starts in namespaces of its own.
        ["demo-inside", words @ ..] => return demo::inside(words),
        ["bench", words @ ..] => return bench::run(words),
        ["bench-clients-inside", words @ ..] => bench::clients::inside(words)?,
        ["bench-nginx-inside", words @ ..] => bench::nginx::inside(words)?,
        ["bench-load", words @ ..] => bench::load::run(words)?,
        ["test"] => checks::all()?,
        ["lint"] => checks::lint()?,
        ["tidy"] => tidy::run()?,
        ["deny"] => checks::deny()?,
        [] | ["help" | "--help" | "-h"] => eprint!("{USAGE}"),
        _ => {
            eprint!("{USAGE}");
            bail!("`{}` is no command of xtask", arguments.join(" "));
        }
    }
    Ok(ExitCode::SUCCESS)
}
