//! `px trace-exec`, the hidden second half of `px trace`.
//!
//! It waits until its parent traces it, and then becomes the command. The two meet at a socket
//! in the abstract namespace, which leaves no file behind and no descriptor to the command.

use crate::failure::{Exit, Failure};
use std::io::{self, ErrorKind, Read};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

/// Exit codes of shells for a command that cannot be run, or is not found.
const CANNOT_RUN: u8 = 126;
const NOT_FOUND: u8 = 127;

/// Wait for the parent, then run a command
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Name of the socket at which the parent waits
    #[arg(long)]
    meet: String,
    /// Command and its arguments
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    wait_for_parent(&args.meet).map_err(|error| {
        Failure::new(Exit::Failed, "`px trace` ended before its command began").caused_by(&error)
    })?;
    let Some((program, rest)) = args.command.split_first() else {
        return Err(Failure::new(Exit::Usage, "no command given"));
    };
    // Only returns if the command could not be run.
    let error = Command::new(program).args(rest).exec();
    crate::say::text(format_args!(
        "{}",
        Failure::new(Exit::Failed, format!("cannot run `{program}`")).caused_by(&error)
    ));
    let not_found = error.kind() == ErrorKind::NotFound;
    Ok(ExitCode::from(if not_found {
        NOT_FOUND
    } else {
        CANNOT_RUN
    }))
}

fn wait_for_parent(name: &str) -> io::Result<()> {
    let address = SocketAddr::from_abstract_name(name.as_bytes())?;
    let mut go = [0];
    UnixStream::connect_addr(&address)?.read_exact(&mut go)
}
