//! `px auth status`.

use crate::failure::{Exit, Failure};
use crate::login::Logins;
use crate::render::print;
use std::fmt::Write;
use std::process::ExitCode;

pub(super) fn run() -> Result<ExitCode, Failure> {
    let logins = Logins::required()?.all()?;
    if logins.is_empty() {
        return Err(Failure::new(Exit::Failed, "nobody is logged in").hint("use `px auth login`"));
    }
    let mut text = format!(
        "{:21}  {:24}  {:32}  {}\n",
        "AGENT", "PERSON", "PROVIDER", "TOKEN"
    );
    for (address, login) in logins {
        let left_s = login.expires_in_s();
        let state = match (left_s > 0, login.refresh_token.is_some()) {
            (true, true) => format!("good for {left_s} s, and renewed then"),
            (true, false) => format!("good for {left_s} s"),
            (false, true) => "expired, renewed when it is used".to_owned(),
            (false, false) => "expired".to_owned(),
        };
        let person = login.subject.escape_debug().to_string();
        // Writing to a string cannot fail.
        writeln!(
            text,
            "{:21}  {person:24}  {:32}  {state}",
            address, login.issuer
        )
        .unwrap_or_default();
    }
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
