//! `px run`.

use crate::agent_options::AgentOptions;
use crate::client::{Client, refused_script};
use crate::commands::habits::QueryHabits;
use crate::commands::script::list_scripts;
use crate::commands::{completion, export_options, live};
use crate::failure::{Exit, Failure};
use crate::invocation::Invocation;
use crate::library::{LibraryOptions, Script};
use crate::render::{self, OutputOptions, Progress, Stats};
use crate::script;
use clap_complete::ArgValueCandidates;
use nixie_api::{Event, Language, QUERY_PATH, QueryRequest};
use std::path::PathBuf;
use std::process::ExitCode;

/// Run a PxL script on the running agent
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px run px/http_data
  px run query.pxl -o json | jq .req_path
  px run px/http_stats --stats
  px run px/http_data -o live            in the terminal UI, as `px live` does
  echo \"import px; px.display(px.DataFrame('http_events'))\" | px run -
  px run query.pxl -- --start_time -1h
  px run px/pod -- --help                the arguments of a script
  px run -f my_script                    a folder with a script and its vis.json
  px run spans.pxl --export-to localhost:4317 --export-insecure
                                           where `px.export` goes that names no endpoint")]
pub(crate) struct Args {
    /// Script by name, file, folder, or `-` for standard input
    #[arg(required_unless_present_any = ["file", "list"],
        add = ArgValueCandidates::new(completion::scripts))]
    script: Option<String>,
    /// File or folder to run, `-` for standard input
    #[arg(short, long, conflicts_with = "script")]
    file: Option<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
    /// List the scripts that can be run by name
    #[arg(short, long, conflicts_with_all = ["script", "file", "arguments"])]
    list: bool,
    #[command(flatten)]
    export: export_options::ExportOptions,
    /// Print what each operator of the plan did, and what it cost
    #[arg(long)]
    stats: bool,
    /// Script arguments, as `--name value`
    #[arg(last = true, value_name = "SCRIPT ARGUMENTS",
        add = ArgValueCandidates::new(completion::arguments))]
    arguments: Vec<String>,
    #[command(flatten)]
    own: LibraryOptions,
    #[command(flatten)]
    agent: AgentOptions,
    #[command(flatten)]
    _habits: QueryHabits,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    if args.list {
        return list_scripts(&args.own, args.output.list_format()?);
    }
    let script = match (&args.file, &args.script) {
        (Some(file), _) => script::read(file)?,
        (None, Some(word)) => script::find(word, &args.own)?,
        (None, None) => return Err(Failure::new(Exit::Usage, "no script given")),
    };
    if script::asks_for_help(&args.arguments) {
        render::print_harmless(&crate::invocation::help(&script)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let arguments = script::arguments(&args.arguments)?;
    if args.output.is_live() {
        if args.stats {
            let message = "`--stats` does not go with `-o live`, which shows rows only";
            return Err(Failure::new(Exit::Usage, message));
        }
        let shown = live::Shown {
            own: args.own,
            export: args.export,
            agent: args.agent,
        };
        return live::start(shown, Some((script, arguments)), live::REFRESH_SECONDS);
    }
    let Invocation {
        arguments,
        functions,
    } = Invocation::of(&script, arguments)?;
    let client = Client::find(&args.agent)?;
    let request = QueryRequest {
        script: script.text.clone(),
        script_name: script.name.clone(),
        arguments,
        functions,
        otel_endpoint: args.export.endpoint()?,
        ..QueryRequest::default()
    };
    ask(&client, &request, &script, &args.output, args.stats)
}

/// Asks an agent and prints what it answers.
pub(super) fn ask(
    client: &Client,
    request: &QueryRequest,
    script: &Script,
    output: &OutputOptions,
    stats: bool,
) -> Result<ExitCode, Failure> {
    let question = serde_json::to_value(request).map_err(|error| Failure::of(&error))?;
    let mut results = output.results(request.language == Language::Pxl)?;
    let mut progress = Progress::start();
    let mut response = client.post(QUERY_PATH, &question)?;
    let (mut shown, mut undelivered) = (false, false);
    loop {
        let event = response.next_event();
        let event = event.map_err(|error| client.cut_off(&error))?;
        if output.is_on_terminal() {
            progress.stop();
        }
        shown |= matches!(event, Some(Event::Table(_) | Event::Export(_)));
        match event {
            Some(Event::Table(header)) => results.table(header)?,
            Some(Event::Rows(batch)) => {
                progress.add_rows(batch.num_rows());
                results.rows(&batch)?;
            }
            Some(Event::TableEnd(end)) => {
                results.table_end(&end)?;
                if stats {
                    results.stats(&Stats(&end))?;
                }
            }
            Some(Event::Export(report)) => {
                undelivered |= report.spans.dropped > 0 || report.points.dropped > 0;
                results.export(&report)?;
            }
            Some(Event::Error(report)) => {
                return Err(refused_script(report, &script.name, &script.text));
            }
            Some(Event::End(_)) | None => break,
        }
    }
    results.finish()?;
    if undelivered {
        return Err(Failure::new(Exit::Failed, "not everything was exported"));
    }
    if !shown {
        crate::say::line(format_args!(
            "the script displays nothing; end it with `px.display(df)`"
        ));
    }
    Ok(ExitCode::SUCCESS)
}
