//! The bundled scripts keep what links, other scripts and people rely on: names, arguments, functions,
//! tables with their columns, and widgets.

use super::tests::bundled;
use super::*;
use crate::invocation;
use crate::judge::Judge;
use nixie_pxl::vis::{Argument, Call, Source, Variable, Vis};
use std::collections::BTreeSet;

/// Pixie's scripts as they are described, and where ours differ, ours.
const YARDSTICK: &str = include_str!("yardstick.txt");

/// How many scripts Pixie has.
const SCRIPTS: usize = 83;

/// What several scripts share.
const HELPERS: &[&str] = &[
    "http_requests",
    "link",
    "process_usage",
    "service_of",
    "window_of",
    "with_ends",
    "with_latencies",
    "with_links",
    "with_requestor",
];

#[test]
fn bundled_scripts_are_as_the_yardstick_says() {
    let judge = Judge::new();
    let scripts: BTreeMap<String, Script> = bundled()
        .into_iter()
        .map(|script| (script.name.clone(), script))
        .collect();
    let promises = promises();
    assert_eq!(promises.len(), SCRIPTS);
    let mut complaints = Vec::new();
    for (name, promised) in promises {
        let Some(script) = scripts.get(name) else {
            complaints.push(format!("{name} is not there"));
            continue;
        };
        let kept = lines_of(&judge, script);
        let lost = promised.iter().filter(|line| !kept.contains(**line));
        complaints.extend(lost.map(|line| format!("{name} has not: {line}")));
        let new = kept.iter().filter(|line| !promised.contains(&***line));
        complaints.extend(new.map(|line| format!("{name} has: {line}")));
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

/// Scripts cannot import each other, so what they share is copied: a copy that differs is a mistake.
#[test]
fn helpers_of_one_name_have_one_text() {
    let mut known: BTreeMap<String, (String, String)> = BTreeMap::new();
    for Script { name, text, .. } in bundled() {
        for (helper, text) in functions(&text) {
            if !HELPERS.contains(&&*helper) {
                continue;
            }
            let (first, expected) = known
                .entry(helper.clone())
                .or_insert_with(|| (name.clone(), text.clone()));
            assert_eq!(*expected, text, "`{helper}` of {first} and {name}");
        }
    }
    let seen: Vec<&str> = known.keys().map(String::as_str).collect();
    assert_eq!(seen, HELPERS);
}

/// Returns the functions of a script, by name, each with its text.
fn functions(text: &str) -> Vec<(String, String)> {
    let mut functions: Vec<(String, String)> = Vec::new();
    let mut is_inside = false;
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(head) = line.strip_prefix("def ") {
            let name = head.split('(').next().unwrap_or_default();
            functions.push((name.to_owned(), format!("{line}\n")));
            is_inside = true;
        } else {
            // The parameters may go on in the next lines, which are indented, too.
            is_inside &= line.starts_with(' ');
            if let Some((_, text)) = functions.last_mut().filter(|_| is_inside) {
                *text += &format!("{line}\n");
            }
        }
    }
    functions
}

/// Returns the lines for each script: blocks start with a name, comments with `#`.
fn promises() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    let mut promises = BTreeMap::new();
    let lines = YARDSTICK.lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with('#') && !line.is_empty());
    let mut name = "";
    for line in lines {
        let promised: &mut BTreeSet<&str> = match line.strip_prefix("  ") {
            None => {
                name = line;
                let first = promises.insert(name, BTreeSet::new()).is_none();
                assert!(first, "`{name}` is there twice");
                continue;
            }
            Some(_) => promises.get_mut(name).expect("a block starts with a name"),
        };
        promised.insert(line.trim_start());
    }
    promises
}

/// Returns the lines of a script: its arguments, each of its tables, and its widgets by kind.
fn lines_of(judge: &Judge, script: &Script) -> BTreeSet<String> {
    let vis = invocation::vis(script).unwrap();
    let calls = calls(&vis);
    let mut lines = BTreeSet::new();
    if !vis.variables.is_empty() {
        let variables: Vec<String> = vis.variables.iter().map(argument).collect();
        lines.insert(format!("args {}", variables.join("; ")));
    }
    for (name, columns) in judge.outputs(script) {
        let columns = columns.join(", ");
        lines.insert(match calls.get(&name) {
            Some(call) => format!("{name} = {}: {columns}", signature(call)),
            None => format!("{name}: {columns}"),
        });
    }
    let mut titles: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for widget in &vis.widgets {
        let of_kind = titles.entry(widget.display.kind()).or_default();
        of_kind.push(&widget.name);
    }
    lines.extend(
        titles
            .iter()
            .map(|(kind, titles)| format!("{kind} {}", titles.join("; "))),
    );
    lines
}

/// Returns the functions that are run, by the table that each gives.
fn calls(vis: &Vis) -> BTreeMap<String, &Call> {
    let global = vis.functions.iter();
    let mut calls: BTreeMap<String, &Call> = global
        .map(|function| (function.output.to_string(), &function.call))
        .collect();
    for (index, widget) in vis.widgets.iter().enumerate() {
        if let Some(Source::Function(call)) = &widget.source {
            calls.insert(vis.table_of(index).unwrap(), call);
        }
    }
    calls
}

/// Writes an argument of a script: name, type, default, and what can be chosen.
fn argument(variable: &Variable) -> String {
    let kind = variable.kind.name().trim_start_matches("PX_");
    let default = match &variable.default {
        None => "required".to_owned(),
        Some(default) => format!("{:?}", &**default),
    };
    let choice = match &*variable.valid_values {
        [] => String::new(),
        values => format!(" of {}", values.join(", ")),
    };
    format!("{} {kind} {default}{choice}", variable.name)
}

/// Writes a call: parameters that are called like the arguments that they get, and others with those.
fn signature(call: &Call) -> String {
    let parameter = |(name, argument): &(nixie_pxl::vis::Text, Argument)| match argument {
        Argument::Variable(variable) if **variable == **name => name.to_string(),
        Argument::Variable(variable) => format!("{name}<-{variable}"),
        Argument::Value(value) => format!("{name}={value:?}"),
    };
    let parameters: Vec<String> = call.arguments.iter().map(parameter).collect();
    format!("{}({})", call.function, parameters.join(", "))
}
