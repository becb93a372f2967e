//! What is known of a provider: fetched when the agent starts, again from time to time, and when a
//! token is signed with a key that is not known yet.

use super::OidcConfig;
use super::https::{Https, HttpsError, check};
use super::keys::{self, Key};
use super::roles::Roles;
use super::token::{self, Expected, TokenError};
use crate::access::Role;
use nixie_types::clock;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use tracing::{info, warn};

/// Where a provider describes itself, below its own URL.
const DISCOVERY_PATH: &str = "/.well-known/openid-configuration";

/// Time between two looks at the provider's keys.
const REFRESH_PERIOD: Duration = Duration::from_mins(10);

/// Time between two looks while it does not answer: the first, doubled up to the last.
const RETRY_PERIODS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

/// LIMIT: time between two looks that tokens cause which no known key has signed.
const ASKED_PERIOD_MIN: Duration = Duration::from_secs(5);

/// LIMIT: time that keys are good for which the provider could not be asked again.
const KEYS_TIME_MAX: Duration = Duration::from_hours(24);

/// How a provider describes itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovery {
    /// Where people log in.
    pub authorization_endpoint: String,
    /// Where tokens are to be had.
    pub token_endpoint: String,
    /// Where tokens are given back, if that is possible.
    pub revocation_endpoint: Option<String>,
    jwks_uri: String,
}

/// Why a provider cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DiscoveryError {
    /// It did not answer.
    #[error(transparent)]
    Https(#[from] HttpsError),
    /// It is another one.
    #[error("the provider calls itself `{seen}`; expected `{expected}`")]
    Issuer {
        /// What it calls itself.
        seen: String,
        /// What it was to be.
        expected: String,
    },
    /// It does not say what it must.
    #[error("the provider's answer has no `{0}`")]
    Missing(&'static str),
}

/// Asks a provider how it describes itself.
///
/// # Errors
///
/// When it does not answer, or is not the one that it should be.
pub fn discover(https: &Https, issuer: &str) -> Result<Discovery, DiscoveryError> {
    let url = format!("{}{DISCOVERY_PATH}", issuer.trim_end_matches('/'));
    let json = https.get(&url)?;
    let text = |name: &'static str| {
        let text = json.get(name).and_then(Value::as_str);
        text.map(str::to_owned).ok_or(DiscoveryError::Missing(name))
    };
    let seen = text("issuer")?;
    if seen != issuer {
        let expected = issuer.to_owned();
        return Err(DiscoveryError::Issuer { seen, expected });
    }
    let discovery = Discovery {
        authorization_endpoint: text("authorization_endpoint")?,
        token_endpoint: text("token_endpoint")?,
        revocation_endpoint: text("revocation_endpoint").ok(),
        jwks_uri: text("jwks_uri")?,
    };
    check(&discovery.authorization_endpoint)?;
    Ok(discovery)
}

/// Why somebody with a token is not let in.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    #[error(transparent)]
    Token(#[from] TokenError),
    #[error("identity provider cannot be asked for its keys: {0}")]
    Unreachable(String),
}

/// Who has a token that is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    /// The name that the provider gives them.
    pub(crate) subject: String,
    pub(crate) role: Role,
    /// From when on the token lets nobody in, in seconds since the epoch.
    pub(crate) until_s: i64,
}

/// What is known of the keys.
#[derive(Debug)]
struct Known {
    keys: Arc<[Key]>,
    /// When they were fetched; never, if there is nothing.
    fetched: Option<Instant>,
    /// When somebody last tried.
    tried: Option<Instant>,
    /// Why that failed.
    problem: String,
}

/// A provider whose tokens let in.
#[derive(Debug)]
pub(crate) struct Provider {
    config: OidcConfig,
    roles: Roles,
    https: Https,
    known: Mutex<Known>,
    /// One at a time asks.
    asking: tokio::sync::Mutex<()>,
}

impl Provider {
    /// Returns a provider of which nothing is known yet.
    pub(crate) fn new(config: OidcConfig) -> Result<Self, HttpsError> {
        check(&config.issuer)?;
        Ok(Self {
            roles: config.roles(),
            config,
            https: Https::new()?,
            known: Mutex::new(Known {
                keys: Arc::default(),
                fetched: None,
                tried: None,
                problem: "it was not asked yet".to_owned(),
            }),
            asking: tokio::sync::Mutex::default(),
        })
    }

    pub(crate) const fn config(&self) -> &OidcConfig {
        &self.config
    }

    /// Tells whether a secret looks like a token.
    pub(crate) fn is_token(secret: &str) -> bool {
        token::is_token(secret)
    }

    /// Returns who has a token, and what they may do.
    pub(crate) async fn person(self: &Arc<Self>, secret: &str) -> Result<Person, ProviderError> {
        let checked = match self.checked(secret) {
            // The provider may have new keys. Where keys have no names, one that was replaced looks
            // like a wrong signature.
            Err(
                ProviderError::Token(TokenError::UnknownKey | TokenError::Signature)
                | ProviderError::Unreachable(_),
            ) => {
                self.ask_again().await;
                self.checked(secret)
            }
            checked => checked,
        };
        let checked = checked?;
        let role = self.roles.of(&checked.claims).ok_or(TokenError::NoRole)?;
        Ok(Person {
            subject: checked.subject,
            role,
            until_s: checked.until_s,
        })
    }

    fn checked(&self, secret: &str) -> Result<token::Checked, ProviderError> {
        let (keys, fetched, problem) = {
            let known = self.known();
            (
                Arc::clone(&known.keys),
                known.fetched,
                known.problem.clone(),
            )
        };
        if fetched.is_none_or(|at| at.elapsed() > KEYS_TIME_MAX) {
            return Err(ProviderError::Unreachable(problem));
        }
        let expected = Expected {
            issuer: &self.config.issuer,
            audience: self.config.audience(),
            now_s: clock::now_ns() / clock::NANOS_PER_SEC,
        };
        Ok(token::check(secret, &keys, expected)?)
    }

    /// Asks the provider, unless somebody did so a moment ago.
    async fn ask_again(self: &Arc<Self>) {
        let _one = self.asking.lock().await;
        let tried = self.known().tried;
        if tried.is_none_or(|at| at.elapsed() > ASKED_PERIOD_MIN) {
            self.ask().await;
        }
    }

    /// Asks the provider for its keys; returns false if that failed.
    async fn ask(self: &Arc<Self>) -> bool {
        let this = Arc::clone(self);
        let asked = tokio::task::spawn_blocking(move || this.fetch()).await;
        let mut known = self.known();
        known.tried = Some(Instant::now());
        match asked {
            Ok(Ok(keys)) => {
                if *known.keys != *keys {
                    info!(issuer = %self.config.issuer, keys = keys.len(), "keys of the identity provider");
                }
                known.keys = keys.into();
                known.fetched = known.tried;
                return true;
            }
            Ok(Err(error)) => known.problem = crate::grpc::with_causes(&error),
            Err(error) => known.problem = error.to_string(),
        }
        warn!(issuer = %self.config.issuer, problem = known.problem, "identity provider cannot be asked for its keys");
        false
    }

    fn fetch(&self) -> Result<Vec<Key>, DiscoveryError> {
        let discovery = discover(&self.https, &self.config.issuer)?;
        let set = self.https.get(&discovery.jwks_uri)?;
        let keys = keys::read(&set).ok_or(DiscoveryError::Missing("keys"))?;
        match keys.is_empty() {
            true => Err(DiscoveryError::Missing("keys")),
            false => Ok(keys),
        }
    }

    /// Keeps the keys fresh, for ever.
    pub(crate) async fn keep_fresh(self: Arc<Self>) {
        let (first, last) = RETRY_PERIODS;
        let mut retry = first;
        loop {
            let asked = {
                let _one = self.asking.lock().await;
                self.ask().await
            };
            if asked {
                retry = first;
                tokio::time::sleep(REFRESH_PERIOD).await;
            } else {
                tokio::time::sleep(retry).await;
                retry = (retry * 2).min(last);
            }
        }
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::token::tests::Signer;
    use super::*;
    use serde_json::json;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// Answers how a provider describes itself, and then with its keys.
    fn serve(listener: &TcpListener, issuer: &str, keys: &Value) {
        let discovery = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/login"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/keys")
        });
        for answered in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = [0; 4096];
            let bytes = stream.read(&mut request).unwrap();
            let asks_for_keys = request[..bytes].starts_with(b"GET /keys ");
            assert_eq!(asks_for_keys, answered == 1);
            let body = if asks_for_keys { keys } else { &discovery }.to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all((head + &body).as_bytes()).unwrap();
        }
    }

    #[tokio::test]
    async fn a_key_without_a_name_that_was_replaced_is_asked_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let (before, now) = (Signer::new(), Signer::new());
        let provider = Provider::new(OidcConfig {
            issuer: issuer.clone(),
            client_id: "px".to_owned(),
            audience: None,
            scope: String::new(),
            role_claim: OidcConfig::ROLE_CLAIM_DEFAULT.to_owned(),
            roles: Vec::new(),
        });
        let provider = Arc::new(provider.unwrap());
        {
            let mut known = provider.known();
            known.keys = keys::read(&before.nameless()).unwrap().into();
            known.fetched = Some(Instant::now());
        }
        let expires_s = clock::now_ns() / clock::NANOS_PER_SEC + 600;
        let claims = json!({"iss": issuer, "aud": "px", "sub": "ada", "exp": expires_s});
        let token = now.token(&json!({"alg": "EdDSA"}), &claims);
        let keys = now.nameless();
        let told = std::thread::spawn(move || serve(&listener, &issuer, &keys));
        let person = provider.person(&token).await.unwrap();
        assert_eq!((&*person.subject, person.role), ("ada", Role::Viewer));
        // Clocks may differ by a minute.
        assert_eq!(person.until_s, expires_s + 60);
        told.join().unwrap();
    }
}
