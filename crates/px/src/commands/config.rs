//! `px config`.

use crate::commands::Cli;
use crate::failure::{Exit, Failure};
use crate::render::print;
use crate::settings::{Problem, Settings, keys, problem};
use clap::CommandFactory;
use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

/// Show and change the settings: flags that need not be typed again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px config set endpoint px.example:4747   ask that agent
  px config set run.output json            print JSON, by `px run` only
  px config list --all                     what can be set
  px config unset run.output

Every flag `--some-flag` is a setting `some-flag`, and can be set by the variable PX_SOME_FLAG. The
command line comes first, then the environment, then the settings. The file is
~/.config/nixie/config.json, or what PX_CONFIG names.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// List what is set
    List {
        /// List what can be set as well
        #[arg(long)]
        all: bool,
    },
    /// Print a setting
    Get { key: String },
    /// Set a flag, of all commands or of one: `output`, `run.output`
    Set { key: String, value: String },
    /// Take a setting away
    Unset { key: String },
    /// Print where the file is
    Path,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let path = Settings::path().ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            "no settings file: neither `XDG_CONFIG_HOME` nor `HOME` is set",
        )
        .hint("name a file by PX_CONFIG")
    })?;
    if matches!(args.action, Action::Path) {
        print(&format!("{}\n", path.display()))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut settings = Settings::read(&path)?;
    change(args.action, &mut settings, &path)?;
    Ok(ExitCode::SUCCESS)
}

fn change(action: Action, settings: &mut Settings, path: &Path) -> Result<(), Failure> {
    match action {
        Action::List { all } => print(&list(settings, all)),
        Action::Get { key } => match settings.get(&key) {
            Some(value) => print(&format!("{value}\n")),
            None => Err(unset(&key)),
        },
        Action::Set { key, value } => {
            if let Some(problem) = problem(&Cli::command(), &key, &value) {
                return Err(refused(&key, problem));
            }
            settings.set(&key, &value);
            settings.write(path)
        }
        Action::Unset { key } if settings.unset(&key) => settings.write(path),
        Action::Unset { key } => Err(unset(&key)),
        Action::Path => Ok(()),
    }
}

fn unset(key: &str) -> Failure {
    let failure = Failure::new(Exit::Failed, format!("`{key}` is not set"));
    failure.hint("`px config list --all` tells what is set, and what can be")
}

fn refused(key: &str, problem: Problem) -> Failure {
    match problem {
        Problem::Unknown { similar } => {
            let failure = Failure::new(Exit::Usage, format!("there is no setting `{key}`"));
            failure.hint(similar.map_or_else(
                || "`px config list --all` tells what can be set".to_owned(),
                |similar| format!("did you mean `{similar}`?"),
            ))
        }
        Problem::Value { message } => Failure::new(Exit::Usage, message),
    }
}

fn list(settings: &Settings, all: bool) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    for (key, value) in settings.pairs() {
        writeln!(text, "{key}={value}").unwrap_or_default();
    }
    if !all {
        return text;
    }
    let command = Cli::command();
    for key in keys(&command) {
        let commands: Vec<_> = key.commands.iter().map(|path| path.join(" ")).collect();
        let (flag, help, commands) = (key.flag, key.help, commands.join(", "));
        writeln!(text, "\n{flag}\n    {help}\n    of {commands}").unwrap_or_default();
    }
    text
}
