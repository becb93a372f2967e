//! Flags that are set once and for all: by the environment, or by `px config`.
//!
//! Every flag `--some-flag` has a variable `PX_SOME_FLAG`, and a key `some-flag` in the settings
//! file; `run.some-flag` is the key for `px run` only. The command line comes before the
//! environment, that before the file, and the key of one command before that of all.

mod file;
mod keys;

pub(crate) use file::Settings;
pub(crate) use keys::{Problem, keys, problem};

use crate::library::FOLDERS_VARIABLE;
use clap::builder::FalseyValueParser;
use clap::{Arg, ArgAction, Command};

/// Flags whose values help does not show.
const SECRET_FLAGS: [&str; 2] = ["api-key", "export-header"];

/// How the names of variables begin.
const VARIABLE_PREFIX: &str = "PX_";

/// Returns the command line with all that has been set as its defaults.
pub(crate) fn with_settings(command: Command, settings: &Settings) -> Command {
    below(command, &[], settings)
}

fn below(command: Command, path: &[String], settings: &Settings) -> Command {
    let command = command.mut_args(|arg| with_defaults(arg, path, settings));
    command.mut_subcommands(|inner| {
        let mut path = path.to_vec();
        path.push(inner.get_name().to_owned());
        below(inner, &path, settings)
    })
}

fn with_defaults(arg: Arg, path: &[String], settings: &Settings) -> Arg {
    let Some(flag) = flag(&arg) else {
        return arg;
    };
    let is_switch = matches!(arg.get_action(), ArgAction::SetTrue);
    let set = settings.of(path, &flag).map(str::to_owned);
    let variables = variables(&arg);
    let variable = variables
        .into_iter()
        .find(|name| std::env::var_os(name).is_some());
    let arg = match set {
        Some(value) => arg
            .default_value(value)
            .hide_default_value(SECRET_FLAGS.contains(&&*flag)),
        None => arg,
    };
    match variable {
        Some(name) if is_switch => arg
            .env(name)
            .hide_env(true)
            .value_parser(FalseyValueParser::new()),
        Some(name) => arg.env(name).hide_env(true),
        None => arg,
    }
}

/// Returns the name of a flag that can be set beforehand.
fn flag(arg: &Arg) -> Option<String> {
    let name = arg.get_long()?;
    let is_asked_for = matches!(
        arg.get_action(),
        ArgAction::Help | ArgAction::HelpShort | ArgAction::HelpLong | ArgAction::Version
    );
    // Several folders in one variable are read by the library itself.
    let is_read_elsewhere = variable(name) == FOLDERS_VARIABLE;
    (!is_asked_for && !is_read_elsewhere && !arg.is_hide_set()).then(|| name.to_owned())
}

/// Returns the variables that set a flag, today's name first.
fn variables(arg: &Arg) -> Vec<String> {
    let names = arg.get_long().into_iter();
    let names = names.chain(arg.get_all_aliases().unwrap_or_default());
    names.map(variable).collect()
}

fn variable(flag: &str) -> String {
    let name = flag.replace('-', "_").to_uppercase();
    format!("{VARIABLE_PREFIX}{name}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Cli;
    use clap::CommandFactory;

    /// Returns the default of a flag of a command.
    fn default(settings: &Settings, command: &str, flag: &str) -> Option<String> {
        let all = with_settings(Cli::command(), settings);
        let command = all.find_subcommand(command).unwrap();
        let arg = command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(flag));
        let value = arg.unwrap().get_default_values().first();
        value.map(|value| value.to_string_lossy().into_owned())
    }

    #[test]
    fn settings_are_defaults_and_those_of_one_command_come_first() {
        let settings = Settings::of_pairs(&[("output", "json"), ("run.output", "csv")]);
        assert_eq!(default(&settings, "run", "output").unwrap(), "csv");
        assert_eq!(default(&settings, "tables", "output").unwrap(), "json");
        let none = Settings::default();
        assert_eq!(default(&none, "run", "output").unwrap(), "table");
        assert_eq!(default(&none, "run", "endpoint"), None);
        with_settings(Cli::command(), &settings).debug_assert();
    }

    #[test]
    fn help_does_not_tell_secrets() {
        let known = keys(&Cli::command());
        for flag in SECRET_FLAGS {
            assert!(known.iter().any(|key| key.flag == flag), "{flag}");
            let settings = Settings::of_pairs(&[(flag, "a=secret"), ("output", "csv")]);
            let mut all = with_settings(Cli::command(), &settings);
            let run = all.find_subcommand_mut("run").unwrap();
            let help = run.render_long_help().to_string();
            assert!(
                help.contains("[default: csv]") && !help.contains("secret"),
                "{flag}"
            );
        }
    }

    #[test]
    fn variables_are_named_after_flags_and_their_aliases() {
        let run = Cli::command();
        let run = run.find_subcommand("run").unwrap();
        let arg = run
            .get_arguments()
            .find(|arg| arg.get_long() == Some("endpoint"));
        let expected = ["PX_ENDPOINT", "PX_DIRECT_VIZIER_ADDR"];
        assert_eq!(variables(arg.unwrap()), expected);
    }
}
