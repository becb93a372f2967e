//! `px auth logout`.

use crate::agent_options::AgentOptions;
use crate::client::Address;
use crate::failure::{Exit, Failure};
use crate::login::{Logins, revoke};
use std::process::ExitCode;

pub(super) fn run(agent: &AgentOptions) -> Result<ExitCode, Failure> {
    let address = Address::of(agent)?.text;
    let logins = Logins::required()?;
    let removed = {
        let _one = logins.lock()?;
        logins.remove(&address)?
    };
    let Some(login) = removed else {
        let message = format!("nobody is logged in at `{address}`");
        return Err(Failure::new(Exit::Failed, message).hint("see `px auth status`"));
    };
    crate::say::note(format_args!("logged out at {address}"));
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
