//! Judges a script together with its vis specification.

use super::display::{ColumnUse, Wants};
use super::signature::{Param, Signature, signatures};
use super::{Argument, Call, Source, Text, Vis, decode};
use crate::diagnostics::{Diagnostics, Problem};
use crate::{
    Catalog, CompileOptions, Diagnostic, Output, OutputColumn, Program, compile, compile_functions,
    parse,
};
use nixie_functions::Registry;
use nixie_types::DataType;
use std::collections::BTreeMap;

/// What is wrong with a script and its vis specification.
#[derive(Debug, Default)]
pub struct Findings {
    /// Problems with places in the script.
    pub script: Vec<Diagnostic>,
    /// Problems with places in the specification.
    pub vis: Vec<Diagnostic>,
}

impl Findings {
    /// Returns true when there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.script.is_empty() && self.vis.is_empty()
    }
}

/// Checks a script and its vis specification, if it has one, without running anything.
///
/// Arguments without a default get made-up values of their type, so that everything compiles;
/// every valid value of a choice is tried.
#[must_use]
pub fn check(
    script: &str,
    vis: Option<&str>,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Findings {
    let Some(vis_text) = vis else {
        let script = compile(script, catalog, registry, options)
            .err()
            .unwrap_or_default();
        return Findings {
            script,
            vis: Vec::new(),
        };
    };
    let mut in_vis = Diagnostics::new(vis_text);
    let vis = decode::vis(vis_text, &mut in_vis).unwrap_or_default();
    names(&vis, &mut in_vis);
    let mut in_script = Diagnostics::new(script);
    let Ok(module) = parse::parse(script, &mut in_script) else {
        return Findings {
            script: in_script.finish(),
            vis: in_vis.finish(),
        };
    };
    functions(&vis, &signatures(&module), &mut in_vis);
    if !in_vis.is_empty() {
        // What is compiled depends on the specification: the script alone can still be judged.
        let script = alone(script, catalog, registry, options);
        return Findings {
            script,
            vis: in_vis.finish(),
        };
    }
    let mut findings = Findings::default();
    for calls in vis.sample_calls() {
        match compile_functions(script, catalog, registry, options, &calls) {
            Ok(program) => columns(&vis, &program, &mut in_vis),
            Err(found) => {
                let fresh = found.into_iter();
                let fresh = fresh.filter(|problem| !findings.script.contains(problem));
                let fresh: Vec<_> = fresh.collect();
                findings.script.extend(fresh);
            }
        }
    }
    findings.vis = in_vis.finish();
    findings
}

/// Returns the problems of a script that is run without its specification; that it displays
/// nothing is none.
fn alone(
    script: &str,
    catalog: &dyn Catalog,
    registry: &Registry,
    options: &CompileOptions,
) -> Vec<Diagnostic> {
    let mut found = compile(script, catalog, registry, options)
        .err()
        .unwrap_or_default();
    found.retain(|problem| problem.code != "no-output");
    found
}

/// Names must be unique, and what is referred to must exist.
fn names(vis: &Vis, diagnostics: &mut Diagnostics<'_>) {
    unique(
        "variable",
        vis.variables.iter().map(|variable| &variable.name),
        diagnostics,
    );
    let outputs = vis.functions.iter().map(|function| &function.output);
    let widgets = vis.widgets.iter().filter(|widget| !widget.name.is_empty());
    unique("output", outputs.clone(), diagnostics);
    unique("widget", widgets.map(|widget| &widget.name), diagnostics);
    for (index, widget) in vis.widgets.iter().enumerate() {
        match &widget.source {
            Some(Source::Output(name)) if !outputs.clone().any(|output| **output == **name) => {
                let message = format!("no global function has the output `{name}`");
                let known = outputs.clone().map(|output| &**output);
                let problem = Problem::new("unknown-output", message).suggest(name, known);
                diagnostics.report(name.range, problem);
            }
            Some(Source::Function(_)) => {
                let table = vis.table_of(index).unwrap_or_default();
                if outputs.clone().any(|output| **output == table) {
                    let message = format!(
                        "widget `{table}` runs a function of its own and has the name of an output"
                    );
                    let problem = Problem::new("duplicate-name", message);
                    diagnostics.report(widget.name.range, problem);
                }
            }
            _ => {}
        }
    }
    for (call, _) in vis.all_calls() {
        for (_, argument) in &call.arguments {
            let Argument::Variable(name) = argument else {
                continue;
            };
            if !vis
                .variables
                .iter()
                .any(|variable| *variable.name == **name)
            {
                let message = format!("variable `{name}` is not defined");
                let known = vis.variables.iter().map(|variable| &*variable.name);
                let problem = Problem::new("unknown-variable", message).suggest(name, known);
                diagnostics.report(name.range, problem);
            }
        }
    }
}

fn unique<'v>(
    what: &str,
    names: impl Iterator<Item = &'v Text>,
    diagnostics: &mut Diagnostics<'_>,
) {
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if seen.contains(&&**name) {
            let message = format!("{what} `{name}` is there twice");
            diagnostics.report(name.range, Problem::new("duplicate-name", message));
        }
        seen.push(name);
    }
}

/// Functions must exist and take the arguments that they get.
fn functions(vis: &Vis, known: &[Signature<'_>], diagnostics: &mut Diagnostics<'_>) {
    for (call, _) in vis.all_calls() {
        let name = &call.function;
        let Some(signature) = known.iter().find(|known| known.name == &**name) else {
            let message = format!("the script has no function `{name}`");
            let names = known.iter().map(|known| known.name);
            let problem = Problem::new("unknown-function", message).suggest(name, names);
            diagnostics.report(name.range, problem);
            continue;
        };
        let is_given =
            |param: &Param<'_>| call.arguments.iter().any(|(arg, _)| **arg == *param.name);
        for param in &signature.params {
            if param.is_required && !is_given(param) {
                let message = format!("function `{name}` needs an argument `{}`", param.name);
                diagnostics.report(name.range, Problem::new("missing-argument", message));
            }
        }
        arguments(vis, call, signature, diagnostics);
    }
}

fn arguments(vis: &Vis, call: &Call, signature: &Signature<'_>, diagnostics: &mut Diagnostics<'_>) {
    for (arg, argument) in &call.arguments {
        let Some(param) = signature.params.iter().find(|param| *param.name == **arg) else {
            let message = format!(
                "function `{}` does not have an argument called `{arg}`",
                call.function
            );
            let known = signature.params.iter().map(|param| param.name);
            let problem = Problem::new("unknown-argument", message).suggest(arg, known);
            diagnostics.report(arg.range, problem);
            continue;
        };
        if !param.is_annotated {
            let message = format!(
                "parameter `{arg}` of function `{}` has no annotation, so that text cannot be \
                 converted for it",
                call.function
            );
            let problem = Problem::new("wrong-argument", message);
            diagnostics.report(
                arg.range,
                problem.help("write for example `start_time: str`"),
            );
        }
        let text = match argument {
            Argument::Value(value) => Some(value),
            Argument::Variable(name) => {
                let found = vis
                    .variables
                    .iter()
                    .find(|variable| *variable.name == **name);
                found.and_then(|variable| variable.default.as_ref())
            }
        };
        if let Some(text) = text
            && let Some(wanted) = param.refuses(text)
        {
            let message = format!(
                "`{text}` for argument `{arg}` of function `{}` is not {wanted}",
                call.function
            );
            diagnostics.report(text.range, Problem::new("invalid-value", message));
        }
    }
}

/// Columns that widgets name must be there, with a fitting type.
fn columns(vis: &Vis, program: &Program, diagnostics: &mut Diagnostics<'_>) {
    let mut by_name: BTreeMap<&str, Vec<&Output>> = BTreeMap::new();
    for output in &program.outputs {
        // `name[1]` is the second table of a function that returns several.
        let name = output.name.split('[').next().unwrap_or_default();
        by_name.entry(name).or_default().push(output);
    }
    for (index, widget) in vis.widgets.iter().enumerate() {
        let table = vis.table_of(index).unwrap_or_default();
        let Some(outputs) = by_name.get(table.as_str()) else {
            continue;
        };
        if widget.display.kind.needs_time {
            let time = outputs.iter().flat_map(|output| &output.columns);
            if !time.clone().any(|column| column.name == "time_") {
                let message = format!(
                    "a {} needs a column `time_`, table `{table}` has {}",
                    widget.display.kind(),
                    listed(time)
                );
                diagnostics.report(
                    widget.display.range,
                    Problem::new("unknown-column", message),
                );
            }
        }
        for used in &widget.display.columns {
            column(used, &table, outputs, diagnostics);
        }
    }
}

fn column(used: &ColumnUse, table: &str, outputs: &[&Output], diagnostics: &mut Diagnostics<'_>) {
    let (tables, name) = addressed(&used.name, outputs);
    let known = tables.iter().flat_map(|output| &output.columns);
    let Some(found) = known.clone().find(|column| column.name == name) else {
        let message = format!("column `{name}` not found in table `{table}`");
        let problem = Problem::new("unknown-column", message)
            .help(format!("there are {}", listed(known.clone())))
            .suggest(name, known.map(|column| column.name.as_str()));
        diagnostics.report(used.name.range, problem);
        return;
    };
    let wanted = match (used.wants, found.data_type) {
        (Wants::Number, DataType::String | DataType::UInt128 | DataType::Boolean) => "numbers",
        (Wants::Text, data_type) if data_type != DataType::String => "text",
        _ => return,
    };
    let field = used.field.rsplit('.').next().unwrap_or_default();
    let message = format!(
        "column `{name}` of table `{table}` is {}, `{field}` needs {wanted}",
        found.data_type.name()
    );
    diagnostics.report(used.name.range, Problem::new("wrong-type", message));
}

/// Returns the tables that a name such as `outputs[1].latency` means, and the column.
fn addressed<'p, 'n>(name: &'n str, outputs: &[&'p Output]) -> (Vec<&'p Output>, &'n str) {
    let address = name
        .strip_prefix("outputs[")
        .and_then(|rest| rest.split_once("]."));
    let index = address.and_then(|(index, _)| index.parse::<usize>().ok());
    match (address, index.and_then(|index| outputs.get(index))) {
        (Some((_, column)), Some(output)) => (vec![output], column),
        _ => (outputs.to_vec(), name),
    }
}

fn listed<'c>(columns: impl Iterator<Item = &'c OutputColumn>) -> String {
    let names: Vec<_> = columns.map(|column| format!("`{}`", column.name)).collect();
    names.join(", ")
}
