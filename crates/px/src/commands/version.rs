//! `px version`.

use crate::agent_options::AgentOptions;
use crate::client::Client;
use crate::failure::Failure;
use crate::render::print;
use nixie_api::VersionResponse;
use std::process::ExitCode;

/// Show the version of px and of the running agent
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    agent: AgentOptions,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let agent = match agent_version(args) {
        Some(agent) => format!(
            "agent {} on {}, process {}",
            agent.version, agent.hostname, agent.pid
        ),
        None => "no running agent found".to_owned(),
    };
    print(&format!("px {}\n{agent}\n", env!("CARGO_PKG_VERSION")))?;
    Ok(ExitCode::SUCCESS)
}

/// That no agent runs is a fine answer here.
fn agent_version(args: &Args) -> Option<VersionResponse> {
    Client::find(&args.agent).ok()?.version().ok()
}
