//! Which agent to ask, and as whom: the options that all commands share that ask one.

use crate::config;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// The agent to ask.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Agent")]
pub(crate) struct AgentOptions {
    /// Agent to ask, if not the one started last on this machine
    #[arg(
        long,
        value_name = "HOST:PORT",
        alias = "direct_vizier_addr",
        global = true
    )]
    pub(crate) endpoint: Option<String>,
    /// Cluster that the agent must be of, by id or name
    #[arg(short, long, value_name = "CLUSTER", global = true)]
    pub(crate) cluster: Option<String>,
    /// API key to show to the agent, from `px api-key create`; better in PX_API_KEY, where other
    /// users do not see it
    #[arg(long, value_name = "KEY", alias = "direct_vizier_key", global = true)]
    pub(crate) api_key: Option<String>,
    /// Certificates to trust instead of the system's, PEM; agents of other machines have TLS
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) ca_cert: Option<PathBuf>,
    /// Folder of the agent's files, if not the usual one
    #[arg(long, value_name = "DIR", global = true)]
    data_dir: Option<PathBuf>,
}

impl AgentOptions {
    /// Returns true if the user has said which agent to ask.
    pub(crate) const fn is_given(&self) -> bool {
        self.endpoint.is_some() || self.data_dir.is_some() || self.cluster.is_some()
    }

    /// Returns the folder of the agent's files that the user has named.
    pub(crate) fn data_dir(&self) -> Option<&Path> {
        self.data_dir.as_deref()
    }

    /// Returns the folder with the files of agents on this machine.
    pub(crate) fn data_folder(&self) -> Result<PathBuf, Failure> {
        config::data_folder(self.data_dir.clone())
    }
}
