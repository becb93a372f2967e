//! `px version`.

use crate::agent_options::AgentOptions;
use crate::client::Client;
use crate::failure::Failure;
use crate::render::print;
use std::process::ExitCode;

/// Show the version of px and of the running agent
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    agent: AgentOptions,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let agent = match Client::find(&args.agent).and_then(|client| client.version()) {
        Ok(agent) => format!(
            "agent {} on {}, process {}",
            agent.version, agent.hostname, agent.pid
        ),
        // That no agent runs is a fine answer here, unless one is asked for.
        Err(failure) if failure.is_unreachable() && !args.agent.is_given() => {
            "no running agent found".to_owned()
        }
        Err(failure) => return Err(failure),
    };
    print(&format!("px {}\n{agent}\n", env!("CARGO_PKG_VERSION")))?;
    Ok(ExitCode::SUCCESS)
}
