//! Finds what is wrong with scripts, against the tables that px knows of and without an agent.

use crate::collect::{awaited_tables, metadata, tables};
use crate::library::{Manifest, Script};
use crate::render::diagnostics::reported;
use nixie_api::Diagnostic;
use nixie_functions::Registry;
use nixie_pxl::vis::{Argument, Findings, Source, Variable, VariableKind, Vis, check};
use nixie_pxl::{CompileOptions, OtelDefaults, OtelEndpoint, SpecCatalog};
#[cfg(test)]
use nixie_pxl::{Output, compile_functions};
use nixie_types::clock;
use serde_json::Value;
use std::collections::BTreeMap;

/// LIMIT: arguments and variables for which values are made up.
const OPEN_MAX: usize = 16;

/// LIMIT: times that all values are tried for each: one that fits may show another that does not.
const PASSES_MAX: usize = 4;

/// Time of a scheduled run.
const PLUGIN_RANGE_NS: i64 = 60_000_000_000;

/// Texts that are made up: a time, a number, an identity, a list, a pod, a table. A script may
/// take any text for an argument, and then use it for something that not all texts are.
const VALUES: [&str; 6] = [
    "-5m",
    "1",
    "00000001-0000-0001-0000-000000000001",
    "['a','b']",
    "default/pod",
    "http_events",
];

/// Knows all tables and functions.
pub(crate) struct Judge {
    catalog: SpecCatalog,
    registry: Registry,
}

/// Something that is wrong with a script.
#[derive(Debug)]
pub(crate) struct Finding<'s> {
    /// Name of the file.
    pub(crate) file: &'s str,
    /// Its text.
    pub(crate) text: &'s str,
    /// What is wrong.
    pub(crate) problem: Diagnostic,
}

/// What is made up for a script that is not run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Sample {
    /// Script arguments that have no default.
    arguments: BTreeMap<String, String>,
    /// Variables of the vis specification that have no default.
    variables: BTreeMap<String, String>,
}

/// Something that the user would have to give, as any text.
enum Open {
    /// A script argument.
    Argument(String),
    /// A variable of the vis specification.
    Variable {
        name: String,
        /// Parameters of functions that get its value.
        parameters: Vec<String>,
    },
}

impl Judge {
    /// Returns a judge over the tables of this px.
    pub(crate) fn new() -> Self {
        Self {
            catalog: SpecCatalog::new(tables().into_iter().chain(awaited_tables())),
            registry: Registry::new(metadata()),
        }
    }

    /// Returns what is wrong with a script: with its PxL, its vis specification, its manifest.
    pub(crate) fn findings<'s>(&self, script: &'s Script) -> Vec<Finding<'s>> {
        let Findings {
            script: in_script,
            vis: in_vis,
        } = self.judged(script);
        let in_script = in_script.into_iter().map(|problem| Finding {
            file: &script.name,
            text: &script.text,
            problem: reported(problem),
        });
        let vis = script.vis.as_ref();
        let (vis_name, vis_text) = vis.map_or(("vis.json", ""), |vis| {
            (vis.name.as_str(), vis.text.as_str())
        });
        let in_vis = in_vis.into_iter().map(|problem| Finding {
            file: vis_name,
            text: vis_text,
            problem: reported(problem),
        });
        in_script
            .chain(in_vis)
            .chain(manifest_finding(script))
            .collect()
    }

    /// Returns what is wrong whatever the user would give: of the values that are made up for
    /// what has no default, those count with which the least is wrong.
    fn judged(&self, script: &Script) -> Findings {
        let mut sample = Sample::default();
        let mut open = open_variables(script);
        let mut found = self.check(script, &sample);
        for _ in 0..PASSES_MAX {
            let before = sample.clone();
            while let Some(name) = missing_argument(&found)
                && open.len() < OPEN_MAX
                && !sample.arguments.contains_key(&name)
            {
                sample.arguments.insert(name.clone(), "text".to_owned());
                open.push(Open::Argument(name));
                found = self.check(script, &sample);
            }
            for open in &open {
                self.improve(script, open, &mut sample, &mut found);
            }
            if found.is_empty() || sample == before {
                break;
            }
        }
        found
    }

    /// Tries all kinds of values for something, and keeps the one with which the least is wrong.
    fn improve(&self, script: &Script, open: &Open, sample: &mut Sample, found: &mut Findings) {
        for value in VALUES {
            if found.is_empty() {
                return;
            }
            let mut tried = sample.clone();
            match open {
                Open::Argument(name) => tried.arguments.insert(name.clone(), value.to_owned()),
                Open::Variable { name, .. } => {
                    tried.variables.insert(name.clone(), value.to_owned())
                }
            };
            let next = self.check(script, &tried);
            let fits_now = open.is_misfit(found) && !open.is_misfit(&next);
            if fits_now || weight(&next) < weight(found) {
                (*found, *sample) = (next, tried);
            }
        }
    }

    fn check(&self, script: &Script, sample: &Sample) -> Findings {
        let options = options(script, sample.arguments.clone());
        let vis = script.vis.as_ref().map(|vis| vis.text.as_str());
        let changed = vis.and_then(|vis| with_defaults(vis, &sample.variables));
        let mut found = check(
            &script.text,
            changed.as_deref().or(vis),
            &self.catalog,
            &self.registry,
            &options,
        );
        if changed.is_some() {
            // Their places are those in another text.
            for problem in &mut found.vis {
                (problem.line, problem.column, problem.width) = (0, 0, 0);
            }
        }
        found
    }
}

/// Returns what a script is compiled with: all that a run of any kind would have, such as the
/// times of a scheduled run, and an endpoint for exports.
fn options(script: &Script, arguments: BTreeMap<String, String>) -> CompileOptions {
    let now_ns = clock::now_ns();
    let endpoint = OtelEndpoint {
        url: "localhost:4317".to_owned(),
        headers: BTreeMap::new(),
        insecure: true,
        timeout: OtelEndpoint::TIMEOUT_DEFAULT,
    };
    CompileOptions {
        now_ns,
        script_name: script.name.clone(),
        arguments,
        plugin_range_ns: Some((now_ns - PLUGIN_RANGE_NS, now_ns)),
        otel: OtelDefaults {
            endpoint: Some(endpoint),
            ..OtelDefaults::default()
        },
    }
}

/// Returns the first script argument that has neither a value nor a default.
fn missing_argument(found: &Findings) -> Option<String> {
    found.script.iter().find_map(|problem| {
        let name = problem
            .message
            .strip_prefix("missing required argument `")?;
        let name = name.strip_suffix('`')?;
        (problem.code == "missing-argument").then(|| name.to_owned())
    })
}

/// Returns the parameter of a function whose value is not of the kind that it takes, if that is
/// the problem.
fn misfit(problem: &nixie_pxl::Diagnostic) -> Option<&str> {
    let of_script = problem.message.strip_prefix("failed to parse arg `");
    let of_vis = || Some(problem.message.split_once("` for argument `")?.1);
    of_script.or_else(of_vis)?.split('`').next()
}

impl Open {
    /// Returns true if its value does not fit what it is for.
    fn is_misfit(&self, found: &Findings) -> bool {
        let Self::Variable { parameters, .. } = self else {
            return false;
        };
        let mut misfits = found.script.iter().chain(&found.vis).filter_map(misfit);
        misfits.any(|name| parameters.iter().any(|known| known == name))
    }
}

/// Returns how much is wrong: first how many values do not fit what they are for, which hides
/// all else, then how many problems there are.
fn weight(found: &Findings) -> (usize, usize) {
    let is_misfit = |problem: &&nixie_pxl::Diagnostic| {
        problem.code == "missing-argument" || misfit(problem).is_some()
    };
    let misfits = found
        .script
        .iter()
        .chain(&found.vis)
        .filter(is_misfit)
        .count();
    (misfits, found.script.len() + found.vis.len())
}

/// Returns the variables that have no default, and whose values may be of any kind.
fn open_variables(script: &Script) -> Vec<Open> {
    let vis = script.vis.as_ref().map(|vis| Vis::parse(&vis.text));
    let vis = vis.and_then(Result::ok).unwrap_or_default();
    let is_open = |variable: &&Variable| {
        variable.kind == VariableKind::String
            && variable.default.is_none()
            && variable.valid_values.is_empty()
    };
    let variables = vis.variables.iter().filter(is_open).take(OPEN_MAX);
    let open = variables.map(|variable| Open::Variable {
        name: variable.name.to_string(),
        parameters: parameters(&vis, &variable.name),
    });
    open.collect()
}

/// Returns the parameters of functions that get the value of a variable.
fn parameters(vis: &Vis, variable: &str) -> Vec<String> {
    let of_widgets = vis
        .widgets
        .iter()
        .filter_map(|widget| match &widget.source {
            Some(Source::Function(call)) => Some(call),
            _ => None,
        });
    let calls = vis.functions.iter().map(|function| &function.call);
    let arguments = calls.chain(of_widgets).flat_map(|call| &call.arguments);
    let parameters = arguments.filter_map(|(parameter, argument)| match argument {
        Argument::Variable(name) if **name == *variable => Some(parameter.to_string()),
        _ => None,
    });
    parameters.collect()
}

/// Returns a vis specification with defaults for some of its variables.
fn with_defaults(vis: &str, values: &BTreeMap<String, String>) -> Option<String> {
    if values.is_empty() {
        return None;
    }
    let mut vis: Value = serde_json::from_str(vis).ok()?;
    for variable in vis.get_mut("variables")?.as_array_mut()? {
        let name = variable.get("name").and_then(Value::as_str);
        let value = name.and_then(|name| values.get(name)).cloned();
        if let (Some(value), Some(fields)) = (value, variable.as_object_mut()) {
            fields.insert("defaultValue".to_owned(), Value::String(value));
        }
    }
    Some(vis.to_string())
}

#[cfg(test)]
impl Judge {
    /// Returns the exports of a script that is run for a time, or what is wrong with it.
    pub(crate) fn exports(
        &self,
        script: &Script,
    ) -> Result<Vec<nixie_pxl::Export>, Vec<nixie_pxl::Diagnostic>> {
        let options = options(script, BTreeMap::new());
        let (catalog, registry) = (&self.catalog, &self.registry);
        let program = compile_functions(&script.text, catalog, registry, &options, &[])?;
        Ok(program.exports)
    }

    /// Returns the tables that a script gives, each with its columns.
    pub(crate) fn outputs(&self, script: &Script) -> Vec<(String, Vec<String>)> {
        let vis = crate::invocation::vis(script).unwrap();
        let options = CompileOptions {
            now_ns: clock::now_ns(),
            ..CompileOptions::default()
        };
        let calls = vis.sample_calls().swap_remove(0);
        let program = compile_functions(
            &script.text,
            &self.catalog,
            &self.registry,
            &options,
            &calls,
        );
        let outputs = program.map(|program| program.outputs).unwrap_or_default();
        let columns = |output: &Output| {
            let columns = output.columns.iter();
            columns.map(|column| column.name.clone()).collect()
        };
        outputs
            .iter()
            .map(|output| (output.name.clone(), columns(output)))
            .collect()
    }
}

fn manifest_finding(script: &Script) -> Option<Finding<'_>> {
    let manifest = script.manifest.as_ref()?;
    let (code, message) = match Manifest::of(script) {
        Ok(read) if !read.short.trim().is_empty() => return None,
        Ok(_) => (
            "missing-field",
            "the manifest has no `short`, a line on what it shows".to_owned(),
        ),
        Err(failure) => ("syntax", failure.causes_in_line()),
    };
    Some(Finding {
        file: &manifest.name,
        text: &manifest.text,
        problem: Diagnostic {
            code: code.to_owned(),
            message,
            line: 0,
            column: 0,
            width: 0,
            help: None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::SourceText;

    fn problems(text: &str, vis: Option<&str>) -> Vec<String> {
        let script = Script {
            name: "own.pxl".to_owned(),
            text: text.to_owned(),
            vis: vis.map(|text| SourceText {
                name: "vis.json".to_owned(),
                text: text.to_owned(),
            }),
            ..Script::default()
        };
        let findings = Judge::new().findings(&script);
        let message = |finding: Finding<'_>| finding.problem.message;
        findings.into_iter().map(message).collect()
    }

    #[test]
    fn the_script_to_schedule_of_the_documentation_is_right() {
        let page = include_str!("../../../docs/howto/schedule-scripts.md");
        let code = page.split("```python\n").nth(1).unwrap();
        let code = code.split("```").next().unwrap();
        assert!(code.contains("px.plugin.start_time") && code.contains("px.export"));
        assert_eq!(problems(code, None), [""; 0]);
    }

    #[test]
    fn values_are_made_up_for_arguments_without_a_default() {
        for text in [
            "df = df[df.req_path == px.arg('n')]\ndf = df[df.req_method == px.arg('m')]",
            "df = px.DataFrame('http_events', start_time=px.arg('start'))",
            "df = px.DataFrame(px.arg('table'))",
        ] {
            let text =
                format!("import px\ndf = px.DataFrame('http_events')\n{text}\npx.display(df)");
            assert_eq!(problems(&text, None), [""; 0], "{text}");
        }
        let wrong = "import px\nn = px.arg('n')\npx.display(px.DataFrame('http_event'), n)";
        let found = problems(wrong, None);
        assert!(
            found.len() == 1 && found[0].contains("`http_event`"),
            "{found:?}"
        );
    }

    #[test]
    fn values_of_variables_fit_what_the_functions_take() {
        let vis = r#"{
          "variables": [{"name": "u", "type": "PX_STRING"}, {"name": "t", "type": "PX_STRING"}],
          "widgets": [{"name": "w", "func": {"name": "f", "args": [
            {"name": "t", "variable": "t"}, {"name": "u", "variable": "u"}]},
            "displaySpec": {"@type": "types.px.dev/px.vispb.Table"}}]
        }"#;
        let script = |column: &str| {
            format!(
                "import px\ndef f(t: px.Time, u: px.UPID):\n    \
                 df = px.DataFrame('http_events', start_time=t)\n    \
                 df = df[df.upid == u]\n    return df[['{column}']]\n"
            )
        };
        assert_eq!(problems(&script("req_path"), Some(vis)), [""; 0]);
        let found = problems(&script("req_pat"), Some(vis));
        assert!(
            found.len() == 1 && found[0].contains("`req_pat`"),
            "{found:?}"
        );
    }
}
