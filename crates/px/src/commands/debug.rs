//! `px debug`: a look at the agent itself.

use crate::agent_options::AgentOptions;
use crate::client::Client;
use crate::failure::{Exit, Failure};
use crate::render::print_harmless;
use nixie_api::{LOG_PATH, VersionResponse};
use nixie_live::cells::format::time;
use std::process::ExitCode;

/// What the agent's process is called in the place of a container.
const CONTAINER: &str = "px";

/// Look at the agent itself: its log, and what it runs as
///
/// The host stands in the place of a namespace, the agent's process in that of a pod.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px debug log                 the end of the agent's log
  px debug pods")]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
    #[command(flatten)]
    agent: AgentOptions,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Print the end of an agent's log; needs the role `admin`
    Log {
        /// Its pod, as `px debug pods` shows it; there is but one
        pod: Option<String>,
        /// Its container; there is but one
        #[arg(short = 'n', long, default_value = CONTAINER)]
        container: String,
    },
    /// List the processes that make up the agent
    Pods(Planes),
    /// List their containers
    Containers(Planes),
}

/// Which processes are shown: those of any plane are the same, as an agent is one process.
#[derive(Debug, clap::Args)]
struct Planes {
    /// Only those of a plane
    #[arg(short, long = "plane", value_enum, default_value = "all")]
    _plane: Plane,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Plane {
    Data,
    Control,
    All,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let client = Client::find(&args.agent)?;
    let text = match &args.what {
        What::Log { pod, container } => {
            if let Some(pod) = pod {
                check_pod(pod, &client.version()?)?;
            }
            if container != CONTAINER {
                let message = format!("container `{container}` is not known here");
                let failure = Failure::new(Exit::Failed, message);
                return Err(failure.hint(format!("there is `{CONTAINER}`")));
            }
            log(&client)?
        }
        What::Pods(_) => pods(&client.version()?),
        What::Containers(_) => containers(&client.version()?),
    };
    print_harmless(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the end of the agent's log.
pub(super) fn log(client: &Client) -> Result<String, Failure> {
    let bytes = client.get(LOG_PATH)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn pod_name(agent: &VersionResponse) -> String {
    format!("{}/px-{}", agent.cluster_name, agent.pid)
}

fn check_pod(pod: &str, agent: &VersionResponse) -> Result<(), Failure> {
    let own = pod_name(agent);
    if pod == own {
        return Ok(());
    }
    let failure = Failure::new(Exit::Failed, format!("pod `{pod}` is not known here"));
    Err(failure.hint(format!("there is `{own}`")))
}

fn pods(agent: &VersionResponse) -> String {
    let name = pod_name(agent);
    let (width, started) = (name.chars().count(), time(agent.started_ns));
    format!(
        "{:width$}  PHASE    STARTED\n{name}  Running  {started:.23}\n",
        "NAME"
    )
}

fn containers(agent: &VersionResponse) -> String {
    let pod = pod_name(agent);
    let (width, started) = (pod.chars().count(), time(agent.started_ns));
    format!(
        "NAME  {:width$}  STATE    STARTED\n{CONTAINER:4}  {pod}  Running  {started:.23}\n",
        "POD"
    )
}
