//! `px auth logout`.

use crate::failure::{Exit, Failure};
use crate::login::{Logins, revoke};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Forget a login, and give its tokens back to the provider
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Agent to log out at, if not the one started last
    #[arg(long, value_name = "ADDR:PORT")]
    endpoint: Option<SocketAddr>,
    /// Folder of the agent's files, if not the usual one
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let address = super::address(args.endpoint, args.data_dir)?;
    let logins = Logins::required()?;
    let removed = {
        let _one = logins.lock()?;
        logins.remove(address)?
    };
    let Some(login) = removed else {
        let message = format!("nobody is logged in at `{address}`");
        return Err(Failure::new(Exit::Failed, message).hint("see `px auth status`"));
    };
    crate::say::line(format_args!("logged out at {address}"));
    match revoke(&login) {
        Ok(true) => {}
        Ok(false) => crate::say::line(format_args!(
            "the provider takes no tokens back; the last one is good until it expires"
        )),
        Err(error) => {
            let told = Failure::new(Exit::Failed, "")
                .caused_by(&*error)
                .causes_in_line();
            crate::say::line(format_args!(
                "the token for renewal could not be given back{told}"
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}
