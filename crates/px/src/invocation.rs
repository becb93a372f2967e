//! How a script is called: which functions with which arguments, by its vis specification.

use crate::failure::{Exit, Failure};
use crate::judge::Judge;
use crate::library::{Manifest, Script};
use crate::render::diagnostics::{render, reported};
use nixie_api::FunctionCall;
use nixie_pxl::vis::Vis;
use nixie_pxl::{Asks, Diagnostic, similar};
use std::collections::BTreeMap;
use std::fmt::Write;

/// What an agent is asked besides the text of the script.
#[derive(Debug, Default)]
pub(crate) struct Invocation {
    /// Arguments of the script as a whole.
    pub(crate) arguments: BTreeMap<String, String>,
    /// Functions to run, each with its arguments.
    pub(crate) functions: Vec<FunctionCall>,
}

impl Invocation {
    /// Returns how to call a script with a user's arguments.
    pub(crate) fn of(
        script: &Script,
        arguments: BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        check_vis(script)?;
        let vis = vis(script)?;
        check_names(script, &vis, &arguments)?;
        Self::by(&vis, &script.name, arguments)
    }

    /// Returns how to call a script of that name by its vis specification.
    pub(crate) fn by(
        vis: &Vis,
        name: &str,
        arguments: BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        if !vis.has_calls() {
            let functions = Vec::new();
            return Ok(Self {
                arguments,
                functions,
            });
        }
        let calls = vis.calls(&arguments).map_err(|problems| {
            let variables = vis.variables.iter();
            misfit(name, problems, variables.map(|variable| &*variable.name))
        })?;
        let call = |call: nixie_pxl::FunctionCall| FunctionCall {
            function: call.function,
            arguments: call.arguments,
            output: call.output,
        };
        Ok(Self {
            arguments: BTreeMap::new(),
            functions: calls.into_iter().map(call).collect(),
        })
    }
}

/// Returns the vis specification of a script; an empty one, if it has none.
pub(crate) fn vis(script: &Script) -> Result<Vis, Failure> {
    let Some(vis) = &script.vis else {
        return Ok(Vis::default());
    };
    Vis::parse(&vis.text).map_err(|problems| {
        let message = format!("vis specification `{}` has errors", vis.name);
        failure(Exit::Script, message, problems, &vis.name, &vis.text)
    })
}

/// Refuses a vis specification that does not fit its script: it would give tables that are not
/// as it says, or run functions with arguments that nobody gave.
fn check_vis(script: &Script) -> Result<(), Failure> {
    let Some(vis) = script.vis.as_ref().filter(|_| !script.is_bundled) else {
        return Ok(());
    };
    let judge = Judge::new();
    let findings = judge.findings(script).into_iter();
    let in_vis = findings.filter(|finding| finding.file == vis.name);
    let details: String = in_vis
        .map(|finding| render(&finding.problem, finding.file, finding.text))
        .collect();
    if details.is_empty() {
        return Ok(());
    }
    let message = format!("vis specification `{}` has errors", vis.name);
    Err(Failure::new(Exit::Script, message).details(details))
}

fn failure(
    exit: Exit,
    message: String,
    problems: Vec<Diagnostic>,
    name: &str,
    text: &str,
) -> Failure {
    let problems = problems.into_iter().map(reported);
    let details = problems
        .map(|problem| render(&problem, name, text))
        .collect();
    Failure::new(exit, message).details(details)
}

/// Refuses arguments that a script without functions to run does not ask for, as far as that is
/// known before it runs.
pub(crate) fn check_names(
    script: &Script,
    vis: &Vis,
    arguments: &BTreeMap<String, String>,
) -> Result<(), Failure> {
    let Asks { found, may_be_more } = Asks::of(&script.text);
    if vis.has_calls() || may_be_more {
        return Ok(());
    }
    let known = || found.iter().map(|asked| asked.name.as_str());
    let unknown = arguments
        .keys()
        .filter(|name| !known().any(|known| known == name.as_str()));
    let problems: Vec<Diagnostic> = unknown
        .map(|name| Diagnostic {
            code: "unknown-argument",
            message: format!("the script takes no argument `{name}`"),
            line: 0,
            column: 0,
            width: 0,
            help: similar(name, known()).map(|similar| format!("did you mean `{similar}`?")),
        })
        .collect();
    match problems.is_empty() {
        true => Ok(()),
        false => Err(misfit(&script.name, problems, known())),
    }
}

/// Returns the failure that arguments are not those of a script.
fn misfit<'n>(
    script: &str,
    problems: Vec<Diagnostic>,
    known: impl Iterator<Item = &'n str>,
) -> Failure {
    let message = format!("the arguments of `{script}` do not fit");
    let known: Vec<String> = known.map(|name| format!("`{name}`")).collect();
    let hint = match known.is_empty() {
        true => "it takes none".to_owned(),
        false => format!(
            "it takes {}; `px run {script} -- --help` tells of them",
            known.join(", ")
        ),
    };
    failure(Exit::Usage, message, problems, script, "").hint(hint)
}

/// What is known of an argument of a script.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) description: String,
    /// What values mean; may be empty.
    kind: String,
    default: Option<String>,
    valid_values: Vec<String>,
}

/// Returns the arguments of a script: the variables of its vis specification, or what its text
/// asks for where no function is run.
pub(crate) fn arguments(script: &Script) -> Result<Vec<Known>, Failure> {
    let vis = vis(script)?;
    if !vis.has_calls() {
        let found = Asks::of(&script.text).found.into_iter();
        let known = found.map(|asked| Known {
            name: asked.name,
            default: asked.default,
            ..Known::default()
        });
        return Ok(known.collect());
    }
    let variables = vis.variables.into_iter();
    let known = variables.map(|variable| Known {
        name: variable.name.to_string(),
        description: variable.description,
        kind: variable.kind.name().trim_start_matches("PX_").to_owned(),
        default: variable.default.map(|default| default.to_string()),
        valid_values: variable.valid_values,
    });
    Ok(known.collect())
}

/// Returns what a user can know of a script: what it is for, and its arguments.
pub(crate) fn help(script: &Script) -> Result<String, Failure> {
    let manifest = Manifest::of(script)?;
    let mut text = match manifest.short.trim() {
        "" => format!("{}\n", script.name),
        short => format!("{}: {short}\n", script.name),
    };
    if !manifest.long.trim().is_empty() {
        writeln!(text, "\n{}", manifest.long.trim()).unwrap_or_default();
    }
    let arguments = arguments(script)?;
    let may_be_more = !vis(script)?.has_calls() && Asks::of(&script.text).may_be_more;
    if !arguments.is_empty() {
        text.push_str("\nArguments:\n");
    }
    for argument in &arguments {
        text.push_str(&line(argument));
    }
    if may_be_more {
        text.push_str("\nIt may take arguments whose names are not written out in it.\n");
    } else if arguments.is_empty() {
        text.push_str("\nIt takes no arguments.\n");
    }
    Ok(text)
}

fn line(argument: &Known) -> String {
    let kind = match argument.kind.as_str() {
        "" => "VALUE",
        kind => kind,
    };
    let mut text = format!("  --{} <{kind}>", argument.name);
    match &argument.default {
        None => text.push_str("  required"),
        Some(default) if default.is_empty() => {}
        Some(default) => write!(text, "  default: {default}").unwrap_or_default(),
    }
    text.push('\n');
    if !argument.description.is_empty() {
        writeln!(text, "      {}", argument.description).unwrap_or_default();
    }
    if !argument.valid_values.is_empty() {
        let values = argument.valid_values.join(", ");
        writeln!(text, "      one of: {values}").unwrap_or_default();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::SourceText;

    const VIS: &str = r#"{
      "variables": [
        {"name": "ns", "type": "PX_NAMESPACE", "description": "where to look"},
        {"name": "by", "type": "PX_STRING", "defaultValue": "pod", "validValues": ["pod", "node"]}
      ],
      "globalFuncs": [{"outputName": "out", "func": {"name": "f", "args": [
        {"name": "ns", "variable": "ns"}, {"name": "by", "variable": "by"}]}}]
    }"#;

    fn script() -> Script {
        Script {
            name: "own/script".to_owned(),
            text: "import px".to_owned(),
            vis: Some(SourceText {
                name: "own/script/vis.json".to_owned(),
                text: VIS.to_owned(),
            }),
            manifest: Some(SourceText {
                name: "own/script/manifest.yaml".to_owned(),
                text: "short: Something\nlong: >\n  Something more.\n".to_owned(),
            }),
            is_bundled: true,
            path: None,
        }
    }

    fn arguments(given: &[(&str, &str)]) -> BTreeMap<String, String> {
        let own = |&(name, value): &(&str, &str)| (name.to_owned(), value.to_owned());
        given.iter().map(own).collect()
    }

    #[test]
    fn arguments_go_to_the_functions_of_the_vis_specification() {
        let invocation = Invocation::of(&script(), arguments(&[("ns", "shop")])).unwrap();
        assert!(invocation.arguments.is_empty());
        let call = &invocation.functions[0];
        assert_eq!((call.function.as_str(), call.output.as_str()), ("f", "out"));
        assert_eq!(call.arguments, arguments(&[("ns", "shop"), ("by", "pod")]));
    }

    #[test]
    fn without_functions_the_script_gets_its_arguments_itself() {
        let script = Script {
            vis: None,
            text: "import px\nx = px.arg('x')".to_owned(),
            ..script()
        };
        let invocation = Invocation::of(&script, arguments(&[("x", "1")])).unwrap();
        assert_eq!(invocation.arguments, arguments(&[("x", "1")]));
        assert_eq!(invocation.functions, []);
        let failure = Invocation::of(&script, arguments(&[("xx", "1")])).unwrap_err();
        let text = failure.to_string();
        assert!(
            text.contains("the script takes no argument `xx`") && text.contains("it takes `x`;"),
            "{text}"
        );
        let script = Script {
            text: "import px\nx = px.arg(name)".to_owned(),
            ..script
        };
        // The name may be any.
        assert!(Invocation::of(&script, arguments(&[("xx", "1")])).is_ok());
    }

    #[test]
    fn arguments_that_do_not_fit_are_all_named() {
        let failure = Invocation::of(&script(), arguments(&[("by", "x"), ("nss", "y")]));
        let text = failure.unwrap_err().to_string();
        for part in [
            "the script takes no argument `nss`",
            "missing required argument `ns`",
            "where to look",
            "`x` is no valid value of argument `by`",
            "valid are `pod`, `node`",
            "px run own/script -- --help",
        ] {
            assert!(text.contains(part), "no `{part}` in: {text}");
        }
    }

    #[test]
    fn help_tells_what_the_arguments_are() {
        let text = help(&script()).unwrap();
        for part in [
            "own/script: Something\n\nSomething more.\n",
            "--ns <NAMESPACE>  required\n      where to look\n",
            "--by <STRING>  default: pod\n      one of: pod, node\n",
        ] {
            assert!(text.contains(part), "no `{part}` in: {text}");
        }
        for (script_text, part) in [
            ("px.display(x)", "\nIt takes no arguments.\n"),
            (
                "px.arg('n', 5)",
                "\nArguments:\n  --n <VALUE>  default: 5\n",
            ),
            ("px.arg('n')", "  --n <VALUE>  required\n"),
            ("px.arg(n)", "names are not written out"),
        ] {
            let text = help(&Script {
                vis: None,
                text: script_text.to_owned(),
                ..script()
            });
            let text = text.unwrap();
            assert!(text.contains(part), "no `{part}` in: {text}");
        }
    }

    #[test]
    fn a_broken_vis_specification_is_shown_at_its_place() {
        let mut script = script();
        script.vis.as_mut().unwrap().text = "{\"widgets\": 1}".to_owned();
        let text = Invocation::of(&script, BTreeMap::new())
            .unwrap_err()
            .to_string();
        assert!(
            text.contains("own/script/vis.json:1:13") && text.contains("^"),
            "{text}"
        );
    }
}
