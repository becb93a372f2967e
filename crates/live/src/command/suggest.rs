//! What could stand where the caret is.

use super::Known;
use super::fuzzy::distance;
use super::words::{Word, quoted, words};
use nixie_pxl::vis::Variable;
use std::ops::Range;

/// LIMIT: suggestions at once; typing more finds the others.
const SUGGESTIONS_MAX: usize = 100;

/// Something that could stand where the caret is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Suggestion {
    /// As it is listed.
    pub(super) shown: String,
    /// What it means.
    pub(super) description: String,
    /// What is put into the line; a space follows.
    pub(super) text: String,
}

/// Returns the part of a line that is being typed, and what could stand there, best first.
pub(super) fn suggestions(line: &str, known: &Known<'_>) -> (Range<usize>, Vec<Suggestion>) {
    let all = words(line);
    // Behind a space a new word begins, unless a quote holds the space.
    let (current, before) = match all.split_last() {
        Some((last, before)) if last.place.end == line.len() => (last.clone(), before),
        _ => (
            Word {
                text: String::new(),
                place: line.len()..line.len(),
            },
            &all[..],
        ),
    };
    let Some((script, arguments)) = before.split_first() else {
        return (current.place, ranked(&current.text, known_scripts(known)));
    };
    let Some(script) = known.script(&script.text) else {
        return (current.place, Vec::new());
    };
    let variables = &script.vis.variables;
    let named = |name: &str| variables.iter().find(|variable| *variable.name == *name);
    // A name, its value, a name, and so on, but `--name=value` is both.
    let mut name = None;
    for word in arguments {
        name = match (name, word.text.strip_prefix("--")) {
            (None, Some(option)) if !option.contains('=') => Some(option),
            _ => None,
        };
    }
    if let Some(name) = name {
        let found = named(name).map_or_else(Vec::new, |variable| values(variable, known));
        return (current.place, ranked(&current.text, found));
    }
    if let Some((name, value)) = current
        .text
        .strip_prefix("--")
        .and_then(|text| text.split_once('='))
    {
        let found = named(name).map_or_else(Vec::new, |variable| values(variable, known));
        let whole = |suggestion: Suggestion| Suggestion {
            text: format!("--{name}={}", suggestion.text),
            ..suggestion
        };
        let found = ranked(value, found).into_iter().map(whole).collect();
        return (current.place, found);
    }
    let is_given = |variable: &&Variable| {
        let option = format!("--{}", variable.name);
        let equals = format!("{option}=");
        arguments
            .iter()
            .any(|word| word.text == option || word.text.starts_with(&equals))
    };
    let mut open: Vec<&Variable> = variables
        .iter()
        .filter(|variable| !is_given(variable))
        .collect();
    // Without those that are required nothing can be run.
    open.sort_by_key(|variable| variable.default.is_some());
    let open = open.into_iter().map(argument).collect();
    (current.place, ranked(&current.text, open))
}

fn known_scripts(known: &Known<'_>) -> Vec<Suggestion> {
    let scripts = known.scripts.iter();
    scripts
        .map(|script| Suggestion {
            shown: script.name.clone(),
            description: script.summary.clone(),
            text: quoted(&script.name),
        })
        .collect()
}

/// Returns the name of an argument, with what it is if it is not given.
fn argument(variable: &Variable) -> Suggestion {
    let default = match variable.default.as_deref() {
        None => "required".to_owned(),
        Some("") => "empty by default".to_owned(),
        Some(default) => format!("{default} by default"),
    };
    let description = match variable.description.as_str() {
        "" => default,
        description => format!("{default}. {description}"),
    };
    Suggestion {
        shown: format!("--{}", variable.name),
        description,
        text: format!("--{}", variable.name),
    }
}

/// Returns the values that an argument can have: those that are valid, else those that exist, and
/// its default.
fn values(variable: &Variable, known: &Known<'_>) -> Vec<Suggestion> {
    let valid = variable.valid_values.iter().map(String::as_str);
    let mut found: Vec<&str> = match variable.valid_values.is_empty() {
        true => known.entities.names(variable),
        false => valid.collect(),
    };
    let default = variable
        .default
        .as_deref()
        .filter(|default| !default.is_empty());
    if let Some(default) = default.filter(|default| !found.contains(default)) {
        found.insert(0, default);
    }
    let suggestion = |value: &str| Suggestion {
        shown: value.to_owned(),
        description: match Some(value) == default {
            true => "the default".to_owned(),
            false => String::new(),
        },
        text: quoted(value),
    };
    found.into_iter().map(suggestion).collect()
}

/// Returns those that a typed text fits, best first.
fn ranked(typed: &str, all: Vec<Suggestion>) -> Vec<Suggestion> {
    let fitting = all
        .into_iter()
        .filter_map(|suggestion| Some((distance(typed, &suggestion.shown)?, suggestion)));
    let mut found: Vec<(usize, Suggestion)> = fitting.collect();
    if !typed.is_empty() {
        found.sort_by_key(|(distance, _)| *distance);
    }
    found.truncate(SUGGESTIONS_MAX);
    found
        .into_iter()
        .map(|(_, suggestion)| suggestion)
        .collect()
}
