//! Requests to a provider: by TLS with the certificates that this system trusts, and small answers.

use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{Response, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};

/// LIMIT: time from a request to the last byte of its answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(10);

/// LIMIT: bytes of an answer.
const ANSWER_BYTES_MAX: u64 = 512 * 1024;

/// LIMIT: characters that are shown of what a provider says.
const SHOWN_CHARS_MAX: usize = 200;

/// Why a provider did not answer.
#[derive(Debug, thiserror::Error)]
pub enum HttpsError {
    /// Others could read along, or answer in its place.
    #[error("`{0}` is not protected by TLS; expected `https://`, or `http://` on this machine")]
    Insecure(String),
    /// No certificate is trusted.
    #[error("TLS cannot be used")]
    Tls(#[source] nixie_export::ExportError),
    /// The authorities that are to be trusted cannot be read.
    #[error("cannot read `{path}`; expected certificates in PEM form")]
    Authorities {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// It cannot be reached, or broke off.
    #[error("`{url}` does not answer")]
    Unreachable {
        /// What was asked.
        url: String,
        /// What is wrong.
        source: Box<ureq::Error>,
    },
    /// It answers with an error.
    #[error("`{url}` answers with status {status}: {message}")]
    Refused {
        /// What was asked.
        url: String,
        /// The status.
        status: u16,
        /// What it says.
        message: String,
    },
    /// It answers with something else.
    #[error("the answer of `{url}` is no JSON")]
    NoJson {
        /// What was asked.
        url: String,
        /// What is wrong.
        source: serde_json::Error,
    },
}

/// A client of a provider. Its calls block.
#[derive(Clone, Debug)]
pub struct Https(Agent);

impl Https {
    /// Returns a client that trusts what this system trusts, or what `SSL_CERT_FILE` names.
    ///
    /// # Errors
    ///
    /// When no certificate is trusted.
    pub fn new() -> Result<Self, HttpsError> {
        let config = Agent::config_builder()
            .tls_config(trusting(None)?)
            .timeout_global(Some(ANSWER_TIME_MAX))
            .http_status_as_error(false)
            .max_redirects(0);
        Ok(Self(Agent::new_with_config(config.build())))
    }

    /// Returns a JSON text.
    ///
    /// # Errors
    ///
    /// When it cannot be had, or the URL is not secure.
    pub fn get(&self, url: &str) -> Result<Value, HttpsError> {
        check(url)?;
        let sent = self.0.get(url).header("accept", "application/json").call();
        answer(url, sent)
    }

    /// Sends a form, and returns the JSON text that comes back.
    ///
    /// # Errors
    ///
    /// When nothing comes back, or an error; or the URL is not secure.
    pub fn post(&self, url: &str, form: &[(&str, &str)]) -> Result<Value, HttpsError> {
        check(url)?;
        let request = self.0.post(url).header("accept", "application/json");
        let fields = form.iter().copied();
        answer(url, request.send_form(fields))
    }
}

/// Returns how to use TLS: trusting the authorities of a file, or those that this system trusts.
///
/// # Errors
///
/// When the file cannot be read, or no certificate is trusted.
pub fn trusting(authorities: Option<&Path>) -> Result<TlsConfig, HttpsError> {
    let roots = match authorities {
        Some(file) => read(file).map_err(|source| HttpsError::Authorities {
            path: file.to_owned(),
            source,
        })?,
        None => nixie_export::system_certificates().map_err(HttpsError::Tls)?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::Specific(Arc::new(roots)));
    Ok(config.build())
}

fn read(file: &Path) -> io::Result<Vec<Certificate<'static>>> {
    let pem = fs::read(file)?;
    let mut found = Vec::new();
    for item in parse_pem(&pem) {
        if let PemItem::Certificate(certificate) = item.map_err(io::Error::other)? {
            found.push(certificate);
        }
    }
    match found.is_empty() {
        true => Err(io::Error::other("there is no certificate in it")),
        false => Ok(found),
    }
}

/// Refuses a URL of which others could read along.
pub(super) fn check(url: &str) -> Result<(), HttpsError> {
    let parsed: Option<Uri> = url.parse().ok();
    let is_secure = parsed.is_some_and(|uri| match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => true,
        (Some("http"), Some(host)) => is_loopback(host),
        _ => false,
    });
    match is_secure {
        true => Ok(()),
        false => Err(HttpsError::Insecure(url.to_owned())),
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

fn answer(url: &str, sent: Result<Response<Body>, ureq::Error>) -> Result<Value, HttpsError> {
    let failed = |source| HttpsError::Unreachable {
        url: url.to_owned(),
        source: Box::new(source),
    };
    let mut answer = sent.map_err(failed)?;
    let status = answer.status();
    let body = answer.body_mut().with_config().limit(ANSWER_BYTES_MAX);
    let body = body.read_to_vec().map_err(failed)?;
    if !status.is_success() {
        return Err(HttpsError::Refused {
            url: url.to_owned(),
            status: status.as_u16(),
            message: said(&body),
        });
    }
    if body.is_empty() {
        return Ok(Value::Null);
    }
    serde_json::from_slice(&body).map_err(|source| HttpsError::NoJson {
        url: url.to_owned(),
        source,
    })
}

/// Returns what an error says (RFC 6749, section 5.2), or the beginning of whatever it is.
fn said(body: &[u8]) -> String {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    let field = |name: &str| json.get(name).and_then(Value::as_str);
    let text = match (field("error"), field("error_description")) {
        (Some(error), Some(description)) => format!("{error}, {description}"),
        (Some(error), None) => error.to_owned(),
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    let plain = text.chars().filter(|c| !c.is_control());
    plain.take(SHOWN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_goes_without_tls() {
        for good in [
            "https://id.example.org/x",
            "http://localhost:1/",
            "http://127.0.0.1",
            "http://[::1]:2/x",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
        for bad in [
            "http://id.example.org",
            "ftp://localhost",
            "localhost",
            "",
            "https://",
            "http://localhost.example.org",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn errors_of_providers_are_told() {
        let both = br#"{"error": "invalid_grant", "error_description": "too late"}"#;
        assert_eq!(said(both), "invalid_grant, too late");
        assert_eq!(said(b"<html>\x1b[31m"), "<html>[31m");
    }
}
