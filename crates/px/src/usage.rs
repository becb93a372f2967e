//! What is wrong with a command line, with tips that fit.
//!
//! The argument parser finds no tip for short commands, does not know that arguments of scripts
//! go behind `--`, and shows flags that the environment sets as if they had to be typed.

use clap::error::{ContextKind, ContextValue, Error, ErrorKind};
use clap::{Arg, Command};

/// What the arguments of scripts are called by commands that take them.
const SCRIPT_ARGUMENTS: &str = "arguments";

/// Returns an error of the argument parser about some words, with tips that fit.
pub(crate) fn explained(mut error: Error, command: &mut Command, words: &[String]) -> Error {
    if !error.use_stderr() {
        return error;
    }
    command.build();
    let (called, taken) = called(command, words);
    match error.kind() {
        ErrorKind::InvalidSubcommand => suggest_command(&mut error, called),
        ErrorKind::UnknownArgument if taken == 0 => {
            tell_order(&mut error, called, words);
        }
        ErrorKind::UnknownArgument => {
            let (names, rest) = words.split_at(taken);
            tell_of_dashes(&mut error, called, names, rest);
        }
        _ => {}
    }
    let is_set = |arg: &Arg| arg.get_env().is_some();
    if error.get(ContextKind::Usage).is_some() && called.get_arguments().any(is_set) {
        let usage = called.clone().render_usage();
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
    }
    error
}

/// Returns the innermost command that is named, and how many words it takes to name it.
fn called<'c>(command: &'c Command, words: &[String]) -> (&'c Command, usize) {
    let (mut called, mut taken) = (command, 0);
    for (index, word) in words.iter().enumerate() {
        if word.starts_with('-') && word != "--" {
            continue;
        }
        let Some(inner) = called.find_subcommand(word) else {
            break;
        };
        (called, taken) = (inner, index + 1);
    }
    (called, taken)
}

/// Suggests the commands that are one letter away, or as many as a long word may have wrong.
fn suggest_command(error: &mut Error, command: &Command) {
    let known = error.get(ContextKind::SuggestedSubcommand);
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else {
        return;
    };
    if !matches!(known, None | Some(ContextValue::None)) {
        return;
    }
    let shown = command
        .get_subcommands()
        .filter(|inner| !inner.is_hide_set());
    let names = shown.map(Command::get_name);
    let likely = names.filter(|name| is_likely(word, name));
    let likely: Vec<String> = likely.map(str::to_owned).collect();
    if !likely.is_empty() {
        error.insert(
            ContextKind::SuggestedSubcommand,
            ContextValue::Strings(likely),
        );
    }
}

fn is_likely(word: &str, name: &str) -> bool {
    strsim::osa_distance(word, name) <= (name.len() / 3).max(1)
}

/// Tells that flags of a command go behind its name.
fn tell_order(error: &mut Error, command: &Command, words: &[String]) {
    let is_command = |word: &String| command.find_subcommand(word).is_some();
    let Some(at) = words.iter().position(is_command) else {
        return;
    };
    let (flags, line) = words.split_at(at);
    let end = line.iter().position(|word| word == "--");
    let (line, rest) = line.split_at(end.unwrap_or(line.len()));
    let (inner, _) = called(command, line);
    let is_flag = |word: &&String| word.starts_with('-');
    if !flags
        .iter()
        .filter(is_flag)
        .all(|flag| known(inner, flag).is_some())
    {
        return;
    }
    let line = shown(line.iter().chain(flags).chain(rest));
    tip(error, format!("flags go behind the command: 'px {line}'"));
}

/// Tells that arguments of a script go behind `--`, if there is a script.
fn tell_of_dashes(error: &mut Error, command: &Command, names: &[String], words: &[String]) {
    let takes_them = |arg: &Arg| arg.is_last_set() && arg.get_id() == SCRIPT_ARGUMENTS;
    if !command.get_arguments().any(takes_them) {
        return;
    }
    let Sorted {
        own,
        of_script,
        has_script,
    } = Sorted::of(command, words);
    if !has_script || of_script.is_empty() {
        return;
    }
    let line = shown(names.iter().chain(own));
    let of_script = shown(of_script.into_iter());
    if let (Some(ContextValue::String(typed)), Some(ContextValue::String(similar))) = (
        error.get(ContextKind::InvalidArg),
        error.get(ContextKind::SuggestedArg),
    ) && !is_likely(typed, similar)
    {
        error.remove(ContextKind::SuggestedArg);
    }
    let text = format!("arguments of the script go behind '--': 'px {line} -- {of_script}'");
    tip(error, text);
}

/// The words of a line that runs a script.
#[derive(Default)]
struct Sorted<'w> {
    /// The script, and flags of px with their values.
    own: Vec<&'w String>,
    /// Other flags, each with its value.
    of_script: Vec<&'w String>,
    /// One word of px's own is the script, or its file.
    has_script: bool,
}

impl<'w> Sorted<'w> {
    fn of(command: &Command, words: &'w [String]) -> Self {
        let mut sorted = Self::default();
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            if word == "--" {
                sorted.of_script.extend(words);
                break;
            }
            if !word.starts_with('-') || word == "-" {
                sorted.has_script = true;
                sorted.own.push(word);
                continue;
            }
            let flag = known(command, word);
            sorted.has_script |= flag.is_some_and(|flag| flag.get_id() == "file");
            let list = match flag {
                Some(_) => &mut sorted.own,
                None => &mut sorted.of_script,
            };
            list.push(word);
            let has_value = match flag {
                Some(flag) => takes_next(flag) && is_bare(word),
                None => !word.contains('='),
            };
            if has_value {
                // A flag that is known is no value; all else may be, `-5m` too.
                let value = words.next_if(|next| *next != "--" && known(command, next).is_none());
                list.extend(value);
            }
        }
        sorted
    }
}

/// Returns true for a flag without a value in the same word.
fn is_bare(word: &str) -> bool {
    match word.strip_prefix("--") {
        Some(long) => !long.contains('='),
        None => word.chars().count() == 2,
    }
}

fn takes_next(flag: &Arg) -> bool {
    flag.get_action().takes_values() && !flag.is_require_equals_set()
}

/// Returns the flag of a command that a word gives, perhaps with its value.
fn known<'c>(command: &'c Command, word: &str) -> Option<&'c Arg> {
    let mut flags = command.get_arguments();
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or_default();
        return flags.find(|flag| {
            let aliases = flag.get_all_aliases().unwrap_or_default();
            flag.get_long() == Some(name) || aliases.contains(&name)
        });
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let short = letters.next()?;
    let is_alone = letters.as_str().is_empty();
    flags.find(|flag| {
        let is_it = flag.get_short() == Some(short);
        is_it && (is_alone || flag.get_action().takes_values())
    })
}

fn tip(error: &mut Error, text: String) {
    let tips = vec![text.into()];
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
}

/// Returns words as one would type them.
fn shown<'w>(words: impl Iterator<Item = &'w String>) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_./:=,@%+-".contains(c);
    let word = |word: &String| match word.chars().all(is_plain) && !word.is_empty() {
        true => word.clone(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Cli;
    use clap::CommandFactory;

    fn said(command: &mut Command, line: &str) -> String {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let line = std::iter::once("px".to_owned()).chain(words.clone());
        let error = command.try_get_matches_from_mut(line).unwrap_err();
        explained(error, command, &words).to_string()
    }

    #[test]
    fn commands_with_a_letter_wrong_are_suggested() {
        for (line, expected) in [
            ("rn", "'run'"),
            ("sqll", "'sql'"),
            ("tabels", "'tables'"),
            ("cron creat", "'create'"),
        ] {
            let text = said(&mut Cli::command(), line);
            assert!(
                text.contains("similar") && text.contains(expected),
                "{line}: {text}"
            );
        }
        let text = said(&mut Cli::command(), "xyzzy");
        assert!(!text.contains("similar"), "{text}");
    }

    #[test]
    fn arguments_of_scripts_are_shown_behind_their_dashes() {
        for (line, expected) in [
            (
                "run px/http_data --start_time -1m",
                "'px run px/http_data -- --start_time -1m'",
            ),
            (
                "run px/http_data --start_time=-1m -o json",
                "'px run px/http_data -o json -- --start_time=-1m'",
            ),
            (
                "live -f own.pxl -start_time -1m --refresh 1",
                "'px live -f own.pxl --refresh 1 -- -start_time -1m'",
            ),
            (
                "script run px/pod --pod a;b",
                "'px script run px/pod -- --pod 'a;b''",
            ),
        ] {
            let text = said(&mut Cli::command(), line);
            assert!(text.contains(expected), "{line}: {text}");
            assert!(!text.contains("similar"), "{line}: {text}");
        }
        let text = said(&mut Cli::command(), "run px/http_data --stat");
        assert!(text.contains("'--stats'"), "{text}");
        let text = said(&mut Cli::command(), "run --start_time");
        assert!(!text.contains("go behind '--'"), "{text}");
    }

    #[test]
    fn flags_before_their_command_are_shown_behind_it() {
        let text = said(&mut Cli::command(), "--endpoint h:1 run a -- --x 1");
        assert!(
            text.contains("'px run a --endpoint h:1 -- --x 1'"),
            "{text}"
        );
    }

    #[test]
    fn flags_of_the_environment_are_not_in_the_usage() {
        let command = Cli::command();
        // Any variable that is there does.
        let mut command =
            command.mut_subcommand("run", |run| run.mut_arg("endpoint", |arg| arg.env("PATH")));
        let text = said(&mut command, "run");
        assert!(text.contains("Usage: px run [OPTIONS]"), "{text}");
        assert!(!text.contains("--endpoint"), "{text}");
    }
}
