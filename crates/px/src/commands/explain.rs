//! `px explain`.

use crate::collect;
use crate::failure::{Exit, Failure};
use crate::invocation::Invocation;
use crate::library::Script;
use crate::render::diagnostics::{render, reported};
use crate::render::print;
use crate::script;
use nixie_pxl::{CompileOptions, Mutation};
use nixie_query::{Engine, QueryLimits};
use nixie_tables::TableStore;
use nixie_types::clock;
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
    #[arg(required_unless_present = "file")]
    script: Option<String>,
    /// File or folder to explain, `-` for standard input
    #[arg(short, long, conflicts_with = "script")]
    file: Option<PathBuf>,
    /// Folder of scripts of your own; otherwise those that PX_SCRIPT_DIR names
    #[arg(long, value_name = "DIR")]
    script_dir: Vec<PathBuf>,
    /// Script arguments, as `--name value`
    #[arg(last = true, value_name = "SCRIPT ARGUMENTS")]
    arguments: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let script = match (&args.file, &args.script) {
        (Some(file), _) => script::read(file)?,
        (None, Some(word)) => script::find(word, &args.script_dir)?,
        (None, None) => return Err(Failure::new(Exit::Usage, "no script given")),
    };
    let Invocation {
        arguments,
        functions,
    } = Invocation::of(&script, script::arguments(&args.arguments)?)?;
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
        .map_err(|errors| wrong(errors, &script))?;
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
    print(&text)?;
    Ok(ExitCode::SUCCESS)
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
