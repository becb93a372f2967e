//! What a provider is asked for tokens (RFC 6749, OpenID Connect Core).

use super::store::Login;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nixie_api::LoginInfo;
use nixie_server::oidc::{Discovery, DiscoveryError, Https, HttpsError, discover};
use nixie_types::clock;
use serde_json::Value;
use std::error::Error;
use std::path::PathBuf;

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoToken {
    #[error("the provider gives no token")]
    Https(#[from] HttpsError),
    #[error("the provider cannot be used")]
    Provider(#[from] DiscoveryError),
    #[error("the provider's answer has no `{0}`{1}")]
    Missing(&'static str, &'static str),
    #[error("the provider's token is for another login; try again")]
    Replayed,
}

/// What proves that the one who comes back is the one who was sent.
pub(super) struct Proof<'a> {
    pub(super) code: &'a str,
    pub(super) verifier: &'a str,
    pub(super) nonce: &'a str,
    pub(super) redirect: &'a str,
}

/// Exchanges a code for a login.
pub(super) fn exchange(
    https: &Https,
    discovery: &Discovery,
    info: &LoginInfo,
    proof: &Proof<'_>,
    tls_ca: Option<PathBuf>,
) -> Result<Login, NoToken> {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("code", proof.code),
        ("redirect_uri", proof.redirect),
        ("client_id", &info.client_id),
        ("code_verifier", proof.verifier),
    ];
    form.extend(
        info.audience
            .iter()
            .map(|audience| ("resource", audience.as_str())),
    );
    let answer = https.post(&discovery.token_endpoint, &form)?;
    let id = claims(text(&answer, "id_token").ok_or(NoToken::Missing("id_token", ""))?);
    if text(&id, "nonce") != Some(proof.nonce) {
        return Err(NoToken::Replayed);
    }
    let subject = text(&id, "sub").ok_or(NoToken::Missing("sub", " in its token"))?;
    let login = Login {
        issuer: info.issuer.clone(),
        client_id: info.client_id.clone(),
        audience: info.audience.clone(),
        subject: subject.to_owned(),
        token: String::new(),
        expires_s: 0,
        refresh_token: None,
        tls_ca,
    };
    with_tokens(login, &answer)
}

/// Returns a login with another token.
pub(super) fn renew(login: &Login) -> Result<Login, Box<dyn Error>> {
    let https = Https::new()?;
    let discovery = discover(&https, &login.issuer)?;
    let mut form = vec![
        ("grant_type", "refresh_token"),
        (
            "refresh_token",
            login.refresh_token.as_deref().unwrap_or_default(),
        ),
        ("client_id", &login.client_id),
    ];
    form.extend(
        login
            .audience
            .iter()
            .map(|audience| ("resource", audience.as_str())),
    );
    let answer = https.post(&discovery.token_endpoint, &form)?;
    Ok(with_tokens(login.clone(), &answer)?)
}

/// Gives a login's tokens back to the provider; returns false if the provider takes none.
pub(crate) fn revoke(login: &Login) -> Result<bool, Box<dyn Error>> {
    let https = Https::new()?;
    let discovery = discover(&https, &login.issuer)?;
    let Some((endpoint, token)) = discovery
        .revocation_endpoint
        .zip(login.refresh_token.as_ref())
    else {
        return Ok(false);
    };
    let form = [("token", token.as_str()), ("client_id", &login.client_id)];
    https.post(&endpoint, &form)?;
    Ok(true)
}

/// Takes the tokens of an answer: the one that the agent understands, and the one for renewal.
fn with_tokens(login: Login, answer: &Value) -> Result<Login, NoToken> {
    let name = match login.audience {
        Some(_) => "access_token",
        None => "id_token",
    };
    let token = text(answer, name).ok_or(NoToken::Missing(name, ""))?;
    // Access tokens need not be readable for clients; then the answer tells their time.
    let expires_in_s = answer.get("expires_in").and_then(Value::as_i64);
    let now_s = clock::now_ns() / clock::NANOS_PER_SEC;
    let of_answer = expires_in_s.map(|seconds| now_s.saturating_add(seconds));
    let of_token = claims(token).get("exp").and_then(Value::as_i64);
    let expires_s = of_token.or(of_answer);
    let refresh_token = text(answer, "refresh_token").map(str::to_owned);
    Ok(Login {
        token: token.to_owned(),
        expires_s: expires_s.ok_or(NoToken::Missing("expires_in", ""))?,
        // A provider that gives no new one goes on with the old one.
        refresh_token: refresh_token.or(login.refresh_token),
        ..login
    })
}

/// Returns the claims of a token. They come straight from the provider by TLS, so that its
/// signature says nothing more; the agent checks it.
fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap_or_default();
    let json = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    serde_json::from_slice(&json).unwrap_or_default()
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    value.get(name).and_then(Value::as_str)
}
