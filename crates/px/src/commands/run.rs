//! `px run`.

use crate::client::{Client, refused};
use crate::commands::{export_options, live};
use crate::config;
use crate::failure::{Exit, Failure};
use crate::invocation::Invocation;
use crate::library::Script;
use crate::render::diagnostics::render;
use crate::render::{self, Completion, Printer, Stats};
use crate::script;
use nixie_api::{ApiError, ErrorKind, ErrorReport, Event, QUERY_PATH, QueryRequest};
use std::net::SocketAddr;
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
    #[arg(required_unless_present = "file")]
    script: Option<String>,
    /// File or folder to run, `-` for standard input
    #[arg(short, long, conflicts_with = "script")]
    file: Option<PathBuf>,
    /// How to show rows
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
    /// Agent to ask, if not the one started last
    #[arg(long, value_name = "ADDR:PORT")]
    endpoint: Option<SocketAddr>,
    /// Folder of the agent's files, if not the usual one
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    #[command(flatten)]
    export: export_options::ExportOptions,
    /// Print what each operator of the plan did, and what it cost
    #[arg(long)]
    stats: bool,
    /// Folder of scripts of your own, found by name; may be given several times. Otherwise those
    /// that PX_SCRIPT_DIR names
    #[arg(long, value_name = "DIR")]
    script_dir: Vec<PathBuf>,
    /// Script arguments, as `--name value`
    #[arg(last = true, value_name = "SCRIPT ARGUMENTS")]
    arguments: Vec<String>,
}

/// How rows are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Output {
    /// Aligned columns, values by their meaning
    Table,
    /// One JSON object a line, `_tableName_` first, raw values
    Json,
    /// A header and raw values; an empty line between tables
    Csv,
    /// The terminal UI, as `px live` does
    Live,
}

pub(crate) fn run(args: Args) -> Result<ExitCode, Failure> {
    let script = match (&args.file, &args.script) {
        (Some(file), _) => script::read(file)?,
        (None, Some(word)) => script::find(word, &args.script_dir)?,
        (None, None) => return Err(Failure::new(Exit::Usage, "no script given")),
    };
    if args.arguments.iter().any(|word| word == "--help") {
        render::print(&crate::invocation::help(&script)?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let arguments = script::arguments(&args.arguments)?;
    let format = match args.output {
        Output::Table => render::Format::Table,
        Output::Json => render::Format::Json,
        Output::Csv => render::Format::Csv,
        Output::Live if args.stats => {
            let message = "`--stats` does not go with `-o live`, which shows rows only";
            return Err(Failure::new(Exit::Usage, message));
        }
        Output::Live => {
            let agent = live::AgentOptions {
                endpoint: args.endpoint,
                data_dir: args.data_dir,
                script_dir: args.script_dir,
                export: args.export,
            };
            return live::start(agent, Some((script, arguments)), live::REFRESH_SECONDS);
        }
    };
    let Invocation {
        arguments,
        functions,
    } = Invocation::of(&script, arguments)?;
    let folder = config::data_folder(args.data_dir)?;
    let client = Client::find(&folder, args.endpoint)?;
    let request = QueryRequest {
        script: script.text.clone(),
        script_name: script.name.clone(),
        arguments,
        functions,
        otel_endpoint: args.export.endpoint()?,
        ..QueryRequest::default()
    };
    ask(&client, &request, &script, format, args.stats)
}

/// Asks an agent and prints what it answers.
pub(super) fn ask(
    client: &Client,
    request: &QueryRequest,
    script: &Script,
    output: render::Format,
    stats: bool,
) -> Result<ExitCode, Failure> {
    let question = serde_json::to_value(request).map_err(|error| Failure::of(&error))?;
    let mut response = client.post(QUERY_PATH, &question)?;
    let mut printer = Printer::new(output);
    loop {
        let cut_off = |error: ApiError| {
            let message = format!("reading the answer of `{}` failed", client.address());
            Failure::new(Exit::Failed, message).caused_by(&error)
        };
        match response.next_event().map_err(cut_off)? {
            Some(Event::Table(header)) => printer.table(header)?,
            Some(Event::Rows(batch)) => printer.rows(&batch)?,
            Some(Event::TableEnd(end)) => {
                printer.table_end(&Completion(&end.completeness))?;
                if stats {
                    printer.stats(&Stats(&end))?;
                }
            }
            Some(Event::Export(report)) => printer.export(&report)?,
            Some(Event::Error(report)) => return Err(reported(report, &script.name, &script.text)),
            Some(Event::End(_)) | None => break,
        }
    }
    printer.finish()
}

/// Returns the failure that an agent reported of a script.
pub(super) fn reported(report: ErrorReport, name: &str, text: &str) -> Failure {
    if report.kind != ErrorKind::Script {
        return refused(report);
    }
    let details: String = report
        .diagnostics
        .iter()
        .map(|diagnostic| render(diagnostic, name, text))
        .collect();
    Failure::new(Exit::Script, report.message).details(details)
}
