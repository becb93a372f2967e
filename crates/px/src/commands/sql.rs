//! `px sql`.

use crate::client::Client;
use crate::commands::run::ask;
use crate::config;
use crate::failure::{Exit, Failure};
use crate::library::Script;
use crate::render;
use crate::script;
use nixie_api::{Language, QueryRequest};
use std::net::SocketAddr;
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
    /// How to print rows: a table, one JSON object a line, or CSV
    #[arg(short, long, value_enum, default_value = "table")]
    output: render::Format,
    /// Print what each operator of the plan did, and what it cost
    #[arg(long)]
    stats: bool,
    /// Agent to ask, if not the one started last
    #[arg(long, value_name = "ADDR:PORT")]
    endpoint: Option<SocketAddr>,
    /// Folder of the agent's files, if not the usual one
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
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
    let folder = config::data_folder(args.data_dir)?;
    let client = Client::find(&folder, args.endpoint)?;
    let request = QueryRequest {
        script: script.text.clone(),
        script_name: script.name.clone(),
        language: Language::Sql,
        ..QueryRequest::default()
    };
    ask(&client, &request, &script, args.output, args.stats)
}
