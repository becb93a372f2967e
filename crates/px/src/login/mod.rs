//! Logins with the identity providers of agents, kept for the commands that ask these agents.
//!
//! | question | where |
//! |---|---|
//! | how does a person log in | `flow.rs`, `callback.rs` |
//! | which requests does the provider get | `tokens.rs` |
//! | where is a login kept | `store.rs` |
//! | how are texts written into URLs | `url.rs` |

mod callback;
mod flow;
mod store;
mod tokens;
mod url;

pub(crate) use flow::{Manner, log_in};
pub(crate) use store::{Login, Logins};
pub(crate) use tokens::revoke;

use crate::failure::{Exit, Failure};
use nixie_types::clock;

/// A token that is good for less than this is renewed before it is used.
const RENEWED_BEFORE_S: i64 = 30;

/// Returns the login for an agent, with a token that is still good, if somebody has logged in.
pub(crate) fn current(address: &str) -> Result<Option<Login>, Failure> {
    // Those who have no folder for it have not logged in.
    let Some(logins) = Logins::usual() else {
        return Ok(None);
    };
    let Some(login) = logins.get(address)? else {
        return Ok(None);
    };
    if login.expires_in_s() > RENEWED_BEFORE_S {
        return Ok(Some(login));
    }
    if login.refresh_token.is_none() {
        return Err(expired(address));
    }
    // Providers take a token for renewal once: who comes second takes what the first has got.
    let _one = logins.lock()?;
    let login = logins.get(address)?.ok_or_else(|| expired(address))?;
    if login.expires_in_s() > RENEWED_BEFORE_S {
        return Ok(Some(login));
    }
    let renewed = tokens::renew(&login).map_err(|error| expired(address).caused_by(&*error))?;
    logins.set(address, &renewed)?;
    Ok(Some(renewed))
}

fn expired(address: &str) -> Failure {
    let message = format!("the login at `{address}` has expired");
    Failure::new(Exit::Failed, message)
        .hint("log in again with `px auth login`, or forget it with `px auth logout`")
}

impl Login {
    /// Returns how many seconds the token is still good for.
    pub(crate) fn expires_in_s(&self) -> i64 {
        let now_s = clock::now_ns() / clock::NANOS_PER_SEC;
        self.expires_s.saturating_sub(now_s)
    }
}
