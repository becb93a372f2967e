//! `px version`.

use crate::client::Client;
use crate::config;
use crate::failure::Failure;
use crate::render::print;
use nixie_api::{VERSION_PATH, VersionResponse};
use std::path::PathBuf;
use std::process::ExitCode;

/// Show the version of px and of the running agent
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder of the agent's files, if not the usual one
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
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
    let folder = config::data_folder(args.data_dir.clone()).ok()?;
    let answer = Client::find(&folder, None).ok()?.get(VERSION_PATH).ok()?;
    serde_json::from_slice(&answer).ok()
}
