//! `px auth login`.

use crate::agent_options::AgentOptions;
use crate::client::{Address, Client};
use crate::failure::{Exit, Failure};
use crate::login::{Logins, Manner, log_in};
use nixie_api::{LOGIN_PATH, LoginResponse};
use std::process::ExitCode;

/// Log in with a browser
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Open no browser: print the URL, and read where the browser ended
    #[arg(long)]
    manual: bool,
}

pub(super) fn run(args: &Args, agent: &AgentOptions) -> Result<ExitCode, Failure> {
    let address = Address::of(agent)?;
    let trusted = agent.ca_cert.clone();
    // Commands run in other folders.
    let tls_ca = trusted.map(|file| file.canonicalize().unwrap_or(file));
    let client = Client::anonymous(&address, tls_ca.as_deref())?;
    let address = address.text;
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
        tls_ca,
    };
    let login = log_in(&info, manner)?;
    let _one = logins.lock()?;
    logins.set(&address, &login)?;
    crate::say::note(format_args!(
        "logged in at {address} as {} of {}",
        login.subject.escape_debug(),
        login.issuer
    ));
    Ok(ExitCode::SUCCESS)
}
