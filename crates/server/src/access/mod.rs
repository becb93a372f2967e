//! Who may ask, and for what.
//!
//! | credential | who has it | role |
//! |---|---|---|
//! | the token of the token file | whoever may read the file, on this machine | admin |
//! | an API key | whoever was given it | the key's |
//! | a session token | whoever logged in with an API key, for some time | the key's |
//! | a token of the identity provider | whoever logged in there, for some time | that of their groups |
//!
//! What is asked for ends when its credential does: `lost.rs`.

mod keys;
mod lost;
mod role;
mod sessions;

pub use keys::{KeyError, KeyInfo, KeyStore, NewKey};
pub use role::{Role, UnknownRole};

use crate::listener::{Peer, Traffic};
use crate::oidc::{Person, Provider, ProviderError};
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use nixie_api::{LoginInfo, Token};
use nixie_pxl::Program;
use nixie_types::clock;
use sessions::Sessions;
use std::sync::Arc;
use uuid::Uuid;

/// Headers in which clients send an API key: the published ones, and those of Pixie that talk to one
/// agent directly. The first that is there counts.
const API_KEY_HEADERS: [&str; 2] = ["pixie-api-key", "x-direct-vizier-key"];

/// What the name of an unnamed credential is in the audit table.
const LOCAL_NAME: &str = "local token";

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Principal {
    /// Name for the audit table.
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The API key that was shown, or that a session stands for.
    pub(crate) key: Option<Uuid>,
    /// When what was shown expires, if it does.
    pub(crate) until_ns: Option<i64>,
}

impl Principal {
    /// Returns whom the audit table names for scheduled scripts, which are those of editors.
    pub(crate) fn schedule() -> Self {
        Self {
            name: "schedule".to_owned(),
            role: Role::Editor,
            key: None,
            until_ns: None,
        }
    }
}

/// Says why somebody may not manage API keys, if it is so.
pub(crate) fn may_manage_keys(principal: &Principal) -> Result<(), String> {
    if principal.role == Role::Admin {
        return Ok(());
    }
    Err(format!(
        "API keys need the role `admin`; yours is `{}`",
        principal.role
    ))
}

/// What to do where the role `editor` is missing.
pub(crate) const EDITOR_HINT: &str = "ask with a key of `px api-key create NAME --role editor`";

/// Says why somebody may not run a program with exports, if it is so: the agent connects to whatever
/// address the script names, or whoever asks.
pub(crate) fn may_export(principal: &Principal, program: &Program) -> Result<(), String> {
    if program.exports.is_empty() || principal.role >= Role::Editor {
        return Ok(());
    }
    Err(format!(
        "the script sends rows away by `px.export`, which needs the role `editor`; yours is `{}`",
        principal.role
    ))
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
    #[error("the API key was revoked, and what it had asked for was stopped")]
    Revoked,
    #[error("the session or token has expired, and what it had asked for was stopped")]
    Expired,
    #[error("API keys cannot be looked up")]
    Store(#[from] KeyError),
    #[error(transparent)]
    Person(#[from] ProviderError),
}

impl Refusal {
    /// What to do about it.
    pub(crate) const HINT: &str = "send `pixie-api-key: KEY` with a key of `px api-key create`, or \
        `Authorization: Bearer TOKEN` with the token from the file that `endpoint.json` names, or \
        of `px auth login`";

    /// Tells whether the request may be good, and what it needs cannot be asked now.
    pub(crate) const fn is_passing(&self) -> bool {
        matches!(
            self,
            Self::Store(_) | Self::Person(ProviderError::Unreachable(_))
        )
    }
}

/// Decides who is let in.
pub(crate) struct Access {
    token: Token,
    keys: Arc<KeyStore>,
    sessions: Sessions,
    provider: Option<Arc<Provider>>,
}

impl Access {
    pub(crate) fn new(token: Token, keys: Arc<KeyStore>, provider: Option<Arc<Provider>>) -> Self {
        Self {
            token,
            keys,
            sessions: Sessions::default(),
            provider,
        }
    }

    /// Returns what clients need to log in with the identity provider, if there is one.
    pub(crate) fn login_info(&self) -> Option<LoginInfo> {
        let provider = self.provider.as_ref()?;
        Some(provider.config().login_info())
    }

    pub(crate) const fn keys(&self) -> &Arc<KeyStore> {
        &self.keys
    }

    /// Notes with a request who has sent it, or says why it is refused.
    pub(crate) async fn admit(&self, request: &mut Request) -> Result<(), Refusal> {
        let peer = request.extensions().get::<Peer>();
        let is_local = peer.is_some_and(|peer| peer.is_local);
        let secret = shown_secret(request.headers()).ok_or(Refusal::Missing)?;
        let principal = self.of_secret(&secret, is_local).await?;
        if let Some(traffic) = request.extensions().get::<Arc<Traffic>>() {
            traffic.admit();
        }
        request.extensions_mut().insert(principal);
        Ok(())
    }

    /// Returns whose secret it is, whatever kind it is.
    pub(crate) async fn of_secret(
        &self,
        secret: &str,
        is_local: bool,
    ) -> Result<Principal, Refusal> {
        if self
            .token
            .allows(&Token::new(secret.to_owned()).header_value())
        {
            let name = LOCAL_NAME.to_owned();
            let principal = Principal {
                name,
                role: Role::Admin,
                key: None,
                until_ns: None,
            };
            return if is_local {
                Ok(principal)
            } else {
                Err(Refusal::LocalOnly)
            };
        }
        if let Some(provider) = &self.provider
            && Provider::is_token(secret)
        {
            let Person {
                subject,
                role,
                until_s,
            } = provider.person(secret).await?;
            return Ok(Principal {
                name: format!("user {subject}"),
                role,
                key: None,
                until_ns: Some(until_s.saturating_mul(clock::NANOS_PER_SEC)),
            });
        }
        let session = self.sessions.of_token(secret);
        let key = match session {
            // A revoked key ends its sessions.
            Some(session) => self.keys.get(session.key)?,
            None => self.keys.find(secret)?,
        };
        let key = key.ok_or(Refusal::Unknown)?;
        Ok(Principal {
            name: format!("key {}", key.id),
            role: key.role,
            key: Some(key.id),
            until_ns: session.map(|session| session.expires_ns),
        })
    }

    /// Returns a token for a principal with an API key, and when it expires.
    pub(crate) fn log_in(&self, key: Uuid) -> (String, i64) {
        self.sessions.begin(key)
    }
}

/// Returns the secret that a request shows; an empty one if it shows something else.
pub(crate) fn shown_secret(headers: &HeaderMap) -> Option<String> {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    if let Some(key) = API_KEY_HEADERS.into_iter().find_map(text) {
        return Some(key.to_owned());
    }
    let value = text(header::AUTHORIZATION.as_str()).filter(|value| !value.is_empty())?;
    let (scheme, shown) = value.split_once(' ').unwrap_or_default();
    let shown = shown.trim();
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(shown.to_owned());
    }
    let password = scheme
        .eq_ignore_ascii_case("basic")
        .then(|| password(shown));
    Some(password.flatten().unwrap_or_default())
}

/// Returns the password of basic authentication (RFC 7617). Who has it does not matter. Some clients
/// leave the padding out.
fn password(encoded: &str) -> Option<String> {
    let decoded = STANDARD_NO_PAD.decode(encoded.trim_end_matches('=')).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (_, password) = decoded.split_once(':')?;
    Some(password.to_owned())
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

    #[tokio::test]
    async fn keys_tokens_and_sessions_let_in_and_revoking_ends_them() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(KeyStore::open(folder.path()).unwrap());
        let access = Access::new(Token::new("t0ken".to_owned()), Arc::clone(&keys), None);
        let NewKey { info, key } = keys.create("tests", Role::Viewer).unwrap();
        let ask = async |name, value: &str, local| {
            let secret = shown_secret(&headers(name, value)).ok_or(Refusal::Missing)?;
            access.of_secret(&secret, local).await
        };

        let by_key = ask("pixie-api-key", &key, false).await.unwrap();
        assert_eq!((by_key.role, by_key.key), (Role::Viewer, Some(info.id)));
        let direct = ask("x-direct-vizier-key", &key, false).await;
        assert_eq!(direct.unwrap(), by_key);
        assert_eq!(
            ask("authorization", &format!("bearer {key}"), false)
                .await
                .unwrap(),
            by_key
        );
        for (user, end) in [("", "="), ("me", "="), ("four", "==")] {
            let basic = STANDARD_NO_PAD.encode(format!("{user}:{key}"));
            let padded = ask("authorization", &format!("Basic {basic}{end}"), false).await;
            assert_eq!(padded.unwrap(), by_key);
            let by_password = ask("authorization", &format!("Basic {basic}"), false).await;
            assert_eq!(by_password.unwrap(), by_key);
        }
        let (session, _) = access.log_in(info.id);
        let by_session = ask("authorization", &format!("Bearer {session}"), false).await;
        let by_session = by_session.unwrap();
        assert!(by_session.until_ns.is_some());
        let lasting = Principal {
            until_ns: None,
            ..by_session
        };
        assert_eq!(lasting, by_key);
        let local = ask("authorization", "Bearer t0ken", true).await.unwrap();
        assert_eq!(
            (local.role, local.name.as_str()),
            (Role::Admin, "local token")
        );
        assert!(matches!(
            ask("authorization", "Bearer t0ken", false).await,
            Err(Refusal::LocalOnly)
        ));
        assert_eq!(shown_secret(&HeaderMap::new()), None);
        for wrong in [
            "",
            "px-api-",
            "Basic x",
            "Basic eDp5",
            "Bearer",
            "Bearer ",
            &key[..20],
        ] {
            let refused = ask("authorization", wrong, true).await;
            assert!(
                matches!(refused, Err(Refusal::Missing | Refusal::Unknown)),
                "{wrong}"
            );
        }

        assert!(keys.revoke(info.id).unwrap());
        assert!(matches!(
            ask("pixie-api-key", &key, false).await,
            Err(Refusal::Unknown)
        ));
        let of_session = ask("authorization", &format!("Bearer {session}"), false).await;
        assert!(matches!(of_session, Err(Refusal::Unknown)));
    }

    #[tokio::test]
    async fn a_connection_is_known_once_it_has_shown_credentials() {
        let folder = tempfile::tempdir().unwrap();
        let keys = Arc::new(KeyStore::open(folder.path()).unwrap());
        let token = Token::new("secret".to_owned());
        let access = Access::new(token.clone(), keys, None);
        for (shown, is_known) in [
            ("Bearer wrong".to_owned(), false),
            (token.header_value(), true),
        ] {
            let traffic = Arc::new(Traffic::default());
            let peer = Peer {
                address: ([127, 0, 0, 1], 1).into(),
                is_local: true,
            };
            let request = http::Request::builder()
                .header(header::AUTHORIZATION, shown)
                .extension(Arc::clone(&traffic))
                .extension(peer);
            let mut request = request.body(axum::body::Body::empty()).unwrap();
            assert_eq!(access.admit(&mut request).await.is_ok(), is_known);
            assert_eq!(traffic.is_known(), is_known);
        }
    }
}
