//! `px auth`.

mod login;
mod logout;
mod status;

use crate::config;
use crate::failure::{Exit, Failure};
use nixie_api::Endpoint;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Log in at an agent with its identity provider
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px auth login                              at the agent started last
  px auth login --endpoint 10.0.0.7:4747 --tls-ca ca.pem
  px auth login --manual                     with a browser on another machine
  px auth status
  px auth logout

Commands that ask the same agent then use the login; it is renewed as long as the provider allows.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Login(login::Args),
    Logout(logout::Args),
    Status(status::Args),
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Login(args) => login::run(args),
        Action::Logout(args) => logout::run(args),
        Action::Status(args) => status::run(&args),
    }
}

/// Returns the address that was asked for, or that of the agent started last.
fn address(endpoint: Option<SocketAddr>, data_dir: Option<PathBuf>) -> Result<SocketAddr, Failure> {
    if let Some(address) = endpoint {
        return Ok(address);
    }
    let file = config::data_folder(data_dir)?.join(Endpoint::LATEST);
    let found = Endpoint::read(&file).map_err(|error| {
        Failure::new(Exit::Unreachable, "no running agent found on this machine")
            .caused_by(&error)
            .hint("name one with `--endpoint ADDR:PORT`")
    })?;
    Ok(found.address)
}
