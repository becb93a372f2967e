//! `px auth login`.

use crate::client::Client;
use crate::failure::{Exit, Failure};
use crate::login::{Logins, Manner, log_in};
use nixie_api::{LOGIN_PATH, LoginResponse};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Log in with a browser
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Agent to log in at, if not the one started last
    #[arg(long, value_name = "ADDR:PORT")]
    endpoint: Option<SocketAddr>,
    /// Folder of the agent's files, if not the usual one
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Open no browser: print the URL, and read where the browser ended
    #[arg(long)]
    manual: bool,
    /// Authorities of the agent's certificate in PEM form, if the system does not trust it; agents
    /// on other machines are always asked by TLS
    #[arg(long, value_name = "FILE")]
    tls_ca: Option<PathBuf>,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let address = super::address(args.endpoint, args.data_dir)?;
    let tls = args.tls_ca.is_some() || !address.ip().is_loopback();
    // Commands run in other folders.
    let tls_ca = args.tls_ca.map(|file| file.canonicalize().unwrap_or(file));
    let client = Client::unknown(address, tls, tls_ca.as_deref())?;
    let answer = client.get(LOGIN_PATH)?;
    let answer: LoginResponse = serde_json::from_slice(&answer).map_err(|error| {
        let message = format!("`{address}` does not say how to log in");
        Failure::new(Exit::Failed, message).caused_by(&error)
    })?;
    let info = answer.oidc.ok_or_else(|| {
        let message = format!("the agent at `{address}` has no identity provider");
        Failure::new(Exit::Failed, message)
            .hint("start it with `px up --oidc-issuer URL --oidc-client-id ID`")
    })?;
    let logins = Logins::required()?;
    let manner = Manner {
        manual: args.manual,
        tls,
        tls_ca,
    };
    let login = log_in(&info, manner)?;
    let _one = logins.lock()?;
    logins.set(address, &login)?;
    crate::say::line(format_args!(
        "logged in at {address} as {} of {}",
        login.subject.escape_debug(),
        login.issuer
    ));
    Ok(ExitCode::SUCCESS)
}
