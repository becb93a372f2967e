//! `px auth`.

mod login;
mod logout;
mod status;

use crate::agent_options::AgentOptions;
use crate::failure::Failure;
use std::process::ExitCode;

/// Log in at an agent with its identity provider
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px auth login                              at the agent started last
  px auth login --endpoint 10.0.0.7:4747 --ca-cert ca.pem
  px auth login --manual                     with a browser on another machine
  px auth status
  px auth logout

Commands that ask the same agent then use the login; it is renewed as long as the provider allows.")]
pub(crate) struct Args {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    agent: AgentOptions,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    Login(login::Args),
    /// Forget a login, and give its tokens back to the provider
    Logout,
    /// Show where somebody is logged in, as whom, and for how long
    Status,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    match args.action {
        Action::Login(login) => login::run(&login, &args.agent),
        Action::Logout => logout::run(&args.agent),
        Action::Status => status::run(),
    }
}
