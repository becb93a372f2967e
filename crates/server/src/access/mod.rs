//! Who may ask, and for what.
//!
//! | credential | who has it | role |
//! |---|---|---|
//! | the token of the token file | whoever may read the file, on this machine | admin |
//! | an API key | whoever was given it | the key's |
//! | a session token | whoever logged in with an API key, for some time | the key's |

mod keys;
mod role;
mod sessions;

pub use keys::{KeyError, KeyInfo, KeyStore, NewKey};
pub use role::{Role, UnknownRole};

use crate::listener::Peer;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use nixie_api::Token;
use sessions::Sessions;
use std::sync::Arc;
use uuid::Uuid;

/// Header in which the published clients send an API key.
const API_KEY_HEADER: &str = "pixie-api-key";

/// What the name of an unnamed credential is in the audit table.
const LOCAL_NAME: &str = "local token";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Principal {
    /// Name for the audit table.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The API key that was shown, if it was one.
    pub(crate) key: Option<Uuid>,
}

impl Principal {
    /// Returns whom the audit table names for scheduled scripts.
    pub(crate) fn schedule() -> Self {
        Self {
            name: "schedule".to_owned(),
            role: Role::Viewer,
            key: None,
        }
    }
}

/// Why somebody is not let in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("credentials missing")]
    Missing,
    #[error("API key or token is not known; it may have been revoked or have expired")]
    Unknown,
    #[error("the token of the token file is for programs on this machine only")]
    LocalOnly,
    #[error("API keys cannot be looked up")]
    Store(#[from] KeyError),
}

impl Refusal {
    /// What to do about it.
    pub(crate) const HINT: &str = "send `pixie-api-key: KEY` with a key of `px api-key create`, or \
        `Authorization: Bearer TOKEN` with the token from the file that `endpoint.json` names";
}

/// Decides who is let in.
pub(crate) struct Access {
    token: Token,
    keys: Arc<KeyStore>,
    sessions: Sessions,
}

impl Access {
    pub(crate) fn new(token: Token, keys: Arc<KeyStore>) -> Self {
        let sessions = Sessions::default();
        Self {
            token,
            keys,
            sessions,
        }
    }

    pub(crate) const fn keys(&self) -> &Arc<KeyStore> {
        &self.keys
    }

    /// Notes with a request who has sent it, or says why it is refused.
    pub(crate) fn admit(&self, request: &mut Request) -> Result<(), Refusal> {
        let peer = request.extensions().get::<Peer>();
        let is_local = peer.is_some_and(|peer| peer.is_local);
        let principal = self.principal(request.headers(), is_local)?;
        request.extensions_mut().insert(principal);
        Ok(())
    }

    /// Returns who sent a request; `is_local` says that it came from this machine.
    fn principal(&self, headers: &HeaderMap, is_local: bool) -> Result<Principal, Refusal> {
        let text = |name: &str| {
            headers
                .get(name)
                .map(|value| value.to_str().unwrap_or_default())
        };
        if let Some(key) = text(API_KEY_HEADER) {
            return self.of_secret(key, is_local);
        }
        let Some(value) = text(header::AUTHORIZATION.as_str()).filter(|value| !value.is_empty())
        else {
            return Err(Refusal::Missing);
        };
        let secret = value
            .split_once(' ')
            .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        self.of_secret(secret.map_or("", |(_, secret)| secret.trim()), is_local)
    }

    /// Returns whose secret it is, whatever kind it is.
    pub(crate) fn of_secret(&self, secret: &str, is_local: bool) -> Result<Principal, Refusal> {
        if self
            .token
            .allows(&Token::new(secret.to_owned()).header_value())
        {
            let name = LOCAL_NAME.to_owned();
            let principal = Principal {
                name,
                role: Role::Admin,
                key: None,
            };
            return if is_local {
                Ok(principal)
            } else {
                Err(Refusal::LocalOnly)
            };
        }
        let key = match self.sessions.key_of(secret) {
            // A revoked key ends its sessions.
            Some(id) => self.keys.get(id)?,
            None => self.keys.find(secret)?,
        };
        let key = key.ok_or(Refusal::Unknown)?;
        Ok(Principal {
            name: format!("key {}", key.id),
            role: key.role,
            key: Some(key.id),
        })
    }

    /// Returns a token for a principal with an API key, and when it expires.
    pub(crate) fn log_in(&self, key: Uuid) -> (String, i64) {
        self.sessions.begin(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    fn headers(name: &'static str, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )])
    }

    #[test]
    fn keys_tokens_and_sessions_let_in_and_revoking_ends_them() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(KeyStore::open(folder.path()).unwrap());
        let access = Access::new(Token::new("t0ken".to_owned()), Arc::clone(&keys));
        let NewKey { info, key } = keys.create("tests", Role::Viewer).unwrap();
        let ask = |name, value: &str, local| access.principal(&headers(name, value), local);

        let by_key = ask("pixie-api-key", &key, false).unwrap();
        assert_eq!((by_key.role, by_key.key), (Role::Viewer, Some(info.id)));
        assert_eq!(
            ask("authorization", &format!("bearer {key}"), false).unwrap(),
            by_key
        );
        let (session, _) = access.log_in(info.id);
        assert_eq!(
            ask("authorization", &format!("Bearer {session}"), false).unwrap(),
            by_key
        );
        let local = ask("authorization", "Bearer t0ken", true).unwrap();
        assert_eq!(
            (local.role, local.name.as_str()),
            (Role::Admin, "local token")
        );
        assert!(matches!(
            ask("authorization", "Bearer t0ken", false),
            Err(Refusal::LocalOnly)
        ));
        assert!(matches!(
            access.principal(&HeaderMap::new(), true),
            Err(Refusal::Missing)
        ));
        for wrong in ["", "px-api-", "Basic x", "Bearer", "Bearer ", &key[..20]] {
            let refused = ask("authorization", wrong, true);
            assert!(
                matches!(refused, Err(Refusal::Missing | Refusal::Unknown)),
                "{wrong}"
            );
        }

        assert!(keys.revoke(info.id).unwrap());
        assert!(matches!(
            ask("pixie-api-key", &key, false),
            Err(Refusal::Unknown)
        ));
        let of_session = ask("authorization", &format!("Bearer {session}"), false);
        assert!(matches!(of_session, Err(Refusal::Unknown)));
    }
}
