//! `px explain`.

use crate::collect;
use crate::commands::completion;
use crate::failure::{Exit, Failure};
use crate::invocation::Invocation;
use crate::library::{LibraryOptions, Script};
use crate::render::diagnostics::{render, reported};
use crate::render::print;
use crate::script;
use clap_complete::ArgValueCandidates;
use nixie_pxl::{CompileOptions, Mutation};
use nixie_query::{Engine, QueryLimits};
use nixie_tables::TableStore;
use nixie_types::clock;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// LIMIT: bytes of the tables that a plan is made over; they stay empty.
const TABLE_BYTES: usize = 64 << 20;

/// Show how a PxL script would be run, without running it
///
/// No agent is asked: the tables are those that this binary knows.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px explain px/http_stats
  px explain query.pxl -- --start_time -1h
  px explain px/pod -- --pod shop/cart")]
pub(crate) struct Args {
    /// Script by name, file, folder, or `-` for standard input
    #[arg(required_unless_present = "file", add = ArgValueCandidates::new(completion::scripts))]
    script: Option<String>,
    /// File or folder to explain, `-` for standard input
    #[arg(short, long, conflicts_with = "script")]
    file: Option<PathBuf>,
    /// Script arguments, as `--name value`
    #[arg(last = true, value_name = "SCRIPT ARGUMENTS",
        add = ArgValueCandidates::new(completion::arguments))]
    arguments: Vec<String>,
    #[command(flatten)]
    own: LibraryOptions,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let script = match (&args.file, &args.script) {
        (Some(file), _) => script::read(file)?,
        (None, Some(word)) => script::find(word, &args.own)?,
        (None, None) => return Err(Failure::new(Exit::Usage, "no script given")),
    };
    print(&explain(&script, script::arguments(&args.arguments)?)?)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns what would be run, as text.
fn explain(script: &Script, arguments: BTreeMap<String, String>) -> Result<String, Failure> {
    let Invocation {
        arguments,
        functions,
    } = Invocation::of(script, arguments)?;
    let options = CompileOptions {
        now_ns: clock::now_ns(),
        script_name: script.name.clone(),
        arguments,
        ..CompileOptions::default()
    };
    let store = TableStore::new(&collect::tables(), TABLE_BYTES)
        .and_then(|store| store.with_awaited(&collect::awaited_tables()))
        .map_err(|error| Failure::of(&error))?;
    let engine = Engine::new(Arc::new(store), collect::metadata(), QueryLimits::default());
    let program = engine
        .compile_functions(&script.text, &options, &compiler_calls(functions))
        .map_err(|errors| wrong(errors, script))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|error| Failure::of(&error))?;
    let explained = runtime
        .block_on(engine.explain(&program))
        .map_err(|error| Failure::of(&error))?;
    let mut text = changes(&program.mutations);
    for output in explained {
        let rows = match output.rows_max {
            Some(rows) => format!("at most {rows} rows"),
            None => "all rows".to_owned(),
        };
        text.push_str(&format!("{} ({rows})\n", output.output));
        for line in output.plan.lines() {
            text.push_str(&format!("  {line}\n"));
        }
    }
    Ok(text)
}

fn changes(mutations: &[Mutation]) -> String {
    mutations
        .iter()
        .map(|change| format!("{change}\n"))
        .collect()
}

fn wrong(errors: Vec<nixie_pxl::Diagnostic>, script: &Script) -> Failure {
    let count = match errors.len() {
        1 => "an error".to_owned(),
        count => format!("{count} errors"),
    };
    let details: String = errors
        .into_iter()
        .map(|error| render(&reported(error), &script.name, &script.text))
        .collect();
    let message = format!("script `{}` has {count}", script.name);
    Failure::new(Exit::Script, message).details(details)
}

fn compiler_calls(calls: Vec<nixie_api::FunctionCall>) -> Vec<nixie_pxl::FunctionCall> {
    let call = |call: nixie_api::FunctionCall| nixie_pxl::FunctionCall {
        function: call.function,
        arguments: call.arguments,
        output: call.output,
    };
    calls.into_iter().map(call).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        Script {
            name: "own.pxl".to_owned(),
            text: text.to_owned(),
            ..Script::default()
        }
    }

    #[test]
    fn bundled_scripts_are_explained() {
        for name in ["px/http_stats", "px/service_stats", "px/cluster"] {
            let script = script::find(name, &LibraryOptions::default()).unwrap();
            let text = explain(&script, BTreeMap::new()).unwrap();
            assert!(text.contains("TableScan: "), "{name}: {text}");
        }
    }

    #[test]
    fn a_plan_says_what_is_read_and_how_much_is_shown() {
        let text = "import px
df = px.DataFrame('http_events', start_time=px.parse_time(7))
px.display(df[df.resp_status == 500][['req_path']].head(3), 'bad')";
        let text = explain(&script(text), BTreeMap::new()).unwrap();
        assert!(text.starts_with("bad (at most 10000 rows)\n"), "{text}");
        assert!(
            text.contains("columns=[req_path, resp_status], time_ >= 7"),
            "{text}"
        );
    }

    #[test]
    fn errors_are_those_of_a_run() {
        let failure = explain(&script("import px\npx.display(1)"), BTreeMap::new()).unwrap_err();
        let text = failure.to_string();
        assert!(text.contains("script `own.pxl` has an error"), "{text}");
    }

    #[test]
    fn changes_are_listed() {
        let text = "import pxtrace\npxtrace.DeleteTracepoint('x')";
        let text = explain(&script(text), BTreeMap::new()).unwrap();
        assert_eq!(text, "delete tracepoint `x`\n");
    }
}
