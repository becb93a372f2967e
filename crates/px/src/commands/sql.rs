//! `px sql`.

use crate::agent_options::AgentOptions;
use crate::client::Client;
use crate::commands::run::ask;
use crate::failure::{Exit, Failure};
use crate::library::Script;
use crate::render::OutputOptions;
use crate::script;
use nixie_api::{Language, QueryRequest};
use std::path::PathBuf;
use std::process::ExitCode;

/// Ask the running agent in SQL
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px sql \"SELECT req_path, count(*) AS n, avg(latency) FROM http_events GROUP BY req_path\"
  px sql \"SELECT time_, upid_to_comm(upid), bytes_sent FROM conn_stats ORDER BY time_ DESC LIMIT 5\"
  px sql -o csv -f query.sql
  px tables                                which tables there are

Only queries are possible: SELECT, WITH, VALUES, UNION and what they are made of.")]
pub(crate) struct Args {
    /// The query
    #[arg(required_unless_present = "file")]
    query: Option<String>,
    /// File with the query, `-` for standard input
    #[arg(short, long, conflicts_with = "query")]
    file: Option<PathBuf>,
    #[command(flatten)]
    output: OutputOptions,
    /// Print what each operator of the plan did, and what it cost
    #[arg(long)]
    stats: bool,
    #[command(flatten)]
    agent: AgentOptions,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let script = match (&args.file, args.query) {
        (Some(file), _) => script::read(file)?,
        (None, Some(text)) => Script {
            name: "query".to_owned(),
            text,
            ..Script::default()
        },
        (None, None) => return Err(Failure::new(Exit::Usage, "no query given")),
    };
    let client = Client::find(&args.agent)?;
    let request = QueryRequest {
        script: script.text.clone(),
        script_name: script.name.clone(),
        language: Language::Sql,
        ..QueryRequest::default()
    };
    ask(&client, &request, &script, &args.output, args.stats)
}
