//! Which settings there are, and whether a value fits.

use super::flag;
use clap::error::{ContextKind, ErrorKind};
use clap::{ArgAction, Command};
use std::collections::BTreeMap;

/// A setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Name of the flag.
    pub(crate) flag: String,
    /// What it does, by the first command that has it.
    pub(crate) help: String,
    /// Commands that have it, as the words that are typed.
    pub(crate) commands: Vec<Vec<String>>,
    /// It has no value but true.
    pub(crate) is_switch: bool,
}

/// Why a setting cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No command has such a flag.
    Unknown { similar: Option<String> },
    /// A command refuses the value.
    Value { message: String },
}

/// Returns all settings, sorted by name.
pub(crate) fn keys(command: &Command) -> Vec<Key> {
    let mut found = BTreeMap::new();
    collect(command, &[], &mut found);
    found.into_values().collect()
}

fn collect(command: &Command, path: &[String], found: &mut BTreeMap<String, Key>) {
    for arg in command.get_arguments() {
        let Some(flag) = flag(arg).filter(|_| !command.is_hide_set()) else {
            continue;
        };
        let key = found.entry(flag.clone()).or_insert_with(|| Key {
            flag,
            help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
            commands: Vec::new(),
            is_switch: matches!(arg.get_action(), ArgAction::SetTrue),
        });
        key.commands.push(path.to_vec());
    }
    for inner in command.get_subcommands() {
        let mut path = path.to_vec();
        path.push(inner.get_name().to_owned());
        collect(inner, &path, found);
    }
}

/// Returns what is wrong with a setting, if anything is.
pub(crate) fn problem(command: &Command, key: &str, value: &str) -> Option<Problem> {
    let keys = keys(command);
    let (of, name) = match key.rsplit_once('.') {
        Some((of, name)) => (Some(of), name),
        None => (None, key),
    };
    let known = keys.iter().find(|known| known.flag == name);
    let paths: Vec<_> = known
        .iter()
        .flat_map(|known| &known.commands)
        .filter(|path| of.is_none_or(|of| path.join(".") == of))
        .collect();
    let Some(known) = known.filter(|_| !paths.is_empty()) else {
        return Some(Problem::Unknown {
            similar: similar(&keys, key),
        });
    };
    let mut refused = paths
        .iter()
        .map(|path| refusal(command, path, known, value));
    let message = refused.find_map(|refused| refused)?;
    Some(Problem::Value { message })
}

/// Returns why a command refuses a value of a flag, if it does.
fn refusal(command: &Command, path: &[String], key: &Key, value: &str) -> Option<String> {
    if key.is_switch {
        let is_known = ["true", "false"].contains(&value);
        return (!is_known).then(|| format!("`{value}` is neither `true` nor `false`"));
    }
    let mut words = vec!["px".to_owned()];
    words.extend(path.iter().cloned());
    words.push(format!("--{}={value}", key.flag));
    let error = command.clone().try_get_matches_from(words).err()?;
    // Other errors say that the line lacks something else.
    let is_refused = matches!(
        error.kind(),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation
    );
    is_refused.then(|| {
        let valid = error.get(ContextKind::ValidValue);
        let valid = valid.map(|valid| format!(", valid are {valid}"));
        let cause = std::error::Error::source(&error).map(|cause| format!(", {cause}"));
        let more = valid.or(cause).unwrap_or_default();
        format!(
            "`px {}` does not take `{value}` as `--{}`{more}",
            path.join(" "),
            key.flag
        )
    })
}

fn similar(keys: &[Key], key: &str) -> Option<String> {
    let all = keys.iter().flat_map(|known| {
        let of_one = known.commands.iter();
        let of_one = of_one.map(|path| format!("{}.{}", path.join("."), known.flag));
        std::iter::once(known.flag.clone()).chain(of_one)
    });
    let scored = all.map(|name| (strsim::jaro_winkler(key, &name), name));
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.filter(|(score, _)| *score > 0.8).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Cli;
    use clap::CommandFactory;

    #[test]
    fn every_flag_of_a_command_is_a_key() {
        let keys = keys(&Cli::command());
        let output = keys.iter().find(|key| key.flag == "output").unwrap();
        assert!(output.commands.contains(&vec!["run".to_owned()]));
        assert!(
            output
                .commands
                .contains(&vec!["api-key".to_owned(), "list".to_owned()])
        );
        assert!(
            keys.iter()
                .all(|key| key.flag != "help" && key.flag != "script-dir")
        );
    }

    #[test]
    fn what_cannot_be_set_is_explained() {
        let problem = |key, value| problem(&Cli::command(), key, value);
        assert_eq!(problem("output", "json"), None);
        assert_eq!(problem("run.output", "csv"), None);
        assert_eq!(problem("stats", "true"), None);
        assert_eq!(problem("up.scope", "pid:1"), None);
        let unknown = |similar: &str| {
            let similar = Some(similar.to_owned());
            Some(Problem::Unknown { similar })
        };
        assert_eq!(problem("outptu", "json"), unknown("output"));
        assert_eq!(problem("run.outptu", "json"), unknown("run.output"));
        for (key, value, expected) in [
            (
                "run.output",
                "xml",
                "`px run` does not take `xml` as `--output`, valid are table",
            ),
            ("stats", "2", "`2` is neither `true` nor `false`"),
            ("up.listen", "x", "`px up` does not take `x` as `--listen`"),
        ] {
            let Some(Problem::Value { message }) = problem(key, value) else {
                panic!("{key} takes {value}");
            };
            assert!(message.contains(expected), "{message}");
        }
    }
}
