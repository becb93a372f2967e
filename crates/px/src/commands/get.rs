//! `px get`: what is there to ask.

use crate::agent_options::AgentOptions;
use crate::client::Client;
use crate::commands::habits::QueryHabits;
use crate::commands::run::ask;
use crate::failure::Failure;
use crate::library::LibraryOptions;
use crate::render::{ListFormat, OutputOptions, print};
use crate::script;
use nixie_api::QueryRequest;
use nixie_live::cells::format::time;
use serde_json::json;
use std::process::ExitCode;

/// The script that tells of agents.
const AGENTS_SCRIPT: &str = "px/agent_status";

/// Show clusters and agents
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px get agents                      how the agents are
  px get viziers -o json             the cluster, as an object
  px get cluster --id                its id, and nothing else")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    agent: AgentOptions,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// The agents that collect data
    #[command(visible_alias = "pems", alias = "pem")]
    Agents {
        #[command(flatten)]
        output: OutputOptions,
        #[command(flatten)]
        _habits: QueryHabits,
    },
    /// The clusters that answer: without Kubernetes, a host is one
    #[command(visible_alias = "viziers")]
    Clusters {
        /// How to print
        #[arg(short, long, value_enum, default_value = "table")]
        output: ListFormat,
    },
    /// The cluster that is asked unless another is named
    Cluster {
        /// Print its id only
        #[arg(long, conflicts_with = "output")]
        id: bool,
        /// How to print
        #[arg(short, long, value_enum, default_value = "table")]
        output: ListFormat,
    },
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let client = Client::find(&args.agent)?;
    match args.what {
        What::Agents { output, .. } => agents(&client, &output),
        What::Clusters { output } => clusters(&client, output),
        What::Cluster {
            output: ListFormat::Json,
            ..
        } => clusters(&client, ListFormat::Json),
        What::Cluster { id, .. } => {
            let cluster = client.version()?;
            print(&match id {
                true => format!("{}\n", cluster.cluster_id),
                false => {
                    let (name, id) = (cluster.cluster_name, cluster.cluster_id);
                    format!("{name}  {id}  at {}\n", client.address())
                }
            })?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn agents(client: &Client, output: &OutputOptions) -> Result<ExitCode, Failure> {
    let script = script::find(AGENTS_SCRIPT, &LibraryOptions::default())?;
    let request = QueryRequest {
        script: script.text.clone(),
        script_name: script.name.clone(),
        ..QueryRequest::default()
    };
    ask(client, &request, &script, output, false)
}

fn clusters(client: &Client, output: ListFormat) -> Result<ExitCode, Failure> {
    let cluster = client.version()?;
    let status = match &cluster.unhealthy {
        None => "CS_HEALTHY",
        Some(_) => "CS_UNHEALTHY",
    };
    let message = cluster.unhealthy.unwrap_or_default();
    let (name, id, version) = (cluster.cluster_name, cluster.cluster_id, cluster.version);
    let text = match output {
        ListFormat::Table => {
            let width = name.chars().count().max(4);
            let started = time(cluster.started_ns);
            format!(
                "{:width$}  {:36}  {:8}  {:23}  {:12}  MESSAGE\n\
                 {name:width$}  {id}  {version:8}  {started:23.23}  {}\n",
                "NAME",
                "ID",
                "VERSION",
                "STARTED",
                "STATUS",
                format!("{status:12}  {message}").trim_end()
            )
        }
        ListFormat::Json => {
            let line = json!({
                "cluster_name": name,
                "id": id,
                "vizier_version": version,
                "status": status,
                "status_message": message,
                "started_ns": cluster.started_ns,
            });
            format!("{line}\n")
        }
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
