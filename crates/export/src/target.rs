//! Which protocol an endpoint means.
//!
//! | endpoint | protocol |
//! |---|---|
//! | `host:port` | gRPC with TLS, without if `insecure` |
//! | `https://host:port`, `http://host:port` | gRPC, with TLS or without |
//! | `https://host/v1/metrics`, `…/v1/traces`, `…/v1` | HTTP; the last part is that of the signal |

use crate::ExportError;
use crate::request::Signal;
use nixie_pxl::OtelEndpoint;
use std::fmt;

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// OTLP/gRPC.
    Grpc,
    /// OTLP/HTTP with protobuf bodies.
    Http,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grpc => "gRPC",
            Self::Http => "HTTP",
        })
    }
}

/// Where requests go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) protocol: Protocol,
    pub(crate) tls: bool,
    /// For gRPC the whole URL, for HTTP all up to and with `/v1`.
    base: String,
}

impl Target {
    /// Reads an endpoint.
    pub(crate) fn of(endpoint: &OtelEndpoint) -> Result<Self, ExportError> {
        let url = endpoint.url.trim();
        let wrong = |problem: String| ExportError::Endpoint {
            url: without_password(url),
            problem,
        };
        let (tls, rest) = match url.split_once("://") {
            Some(("https", _)) if endpoint.insecure => {
                let problem = "asks for TLS, but `insecure=True` forbids it; write `http://`";
                return Err(wrong(problem.to_owned()));
            }
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some((scheme, _)) => return Err(wrong(format!("has the unknown scheme `{scheme}`"))),
            None => (!endpoint.insecure, url),
        };
        let (authority, path) = match rest.find('/') {
            Some(at) => (&rest[..at], rest[at..].trim_end_matches('/')),
            None => (rest, ""),
        };
        if authority.contains('@') {
            let problem = "names a user; send a password as a header, such as `authorization`";
            return Err(wrong(problem.to_owned()));
        }
        if authority.is_empty() || authority.contains(char::is_whitespace) {
            return Err(wrong("names no host".to_owned()));
        }
        let has_scheme = rest.len() < url.len();
        if !has_scheme && !has_port(authority) {
            return Err(wrong("has no port".to_owned()));
        }
        let scheme = if tls { "https" } else { "http" };
        if path.is_empty() {
            return Ok(Self {
                protocol: Protocol::Grpc,
                tls,
                base: format!("{scheme}://{authority}"),
            });
        }
        let base = ["/metrics", "/traces"]
            .into_iter()
            .find_map(|signal| path.strip_suffix(signal))
            .unwrap_or(path);
        if !base.ends_with("/v1") || !has_scheme {
            return Err(wrong(format!("has the path `{path}`")));
        }
        Ok(Self {
            protocol: Protocol::Http,
            tls,
            base: format!("{scheme}://{authority}{base}"),
        })
    }

    /// Returns the URL that requests of a signal go to.
    pub(crate) fn url(&self, signal: Signal) -> String {
        match self.protocol {
            Protocol::Grpc => self.base.clone(),
            Protocol::Http => format!("{}/{}", self.base, signal.path()),
        }
    }
}

/// Returns a URL as it may be told.
fn without_password(url: &str) -> String {
    match url.split_once('@') {
        Some((before, after)) => {
            let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
            let separator = if scheme.is_empty() { "" } else { "://" };
            format!("{scheme}{separator}…@{after}")
        }
        None => url.to_owned(),
    }
}

/// Returns true for `host:port` and `[v6]:port`.
fn has_port(authority: &str) -> bool {
    authority
        .rsplit_once(':')
        .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn target(url: &str, insecure: bool) -> Result<Target, String> {
        let endpoint = OtelEndpoint {
            url: url.to_owned(),
            headers: BTreeMap::new(),
            insecure,
            timeout: OtelEndpoint::TIMEOUT_DEFAULT,
        };
        Target::of(&endpoint).map_err(|error| error.to_string())
    }

    #[test]
    fn the_form_of_the_endpoint_chooses_the_protocol() {
        for (url, insecure, protocol, tls, metrics) in [
            ("h:4317", false, Protocol::Grpc, true, "https://h:4317"),
            ("h:4317", true, Protocol::Grpc, false, "http://h:4317"),
            (
                "[::1]:4317",
                true,
                Protocol::Grpc,
                false,
                "http://[::1]:4317",
            ),
            ("https://h", false, Protocol::Grpc, true, "https://h"),
            (
                "http://h:4317/",
                false,
                Protocol::Grpc,
                false,
                "http://h:4317",
            ),
            (
                "http://h:4318/v1/traces",
                true,
                Protocol::Http,
                false,
                "http://h:4318/v1/metrics",
            ),
            (
                "https://h/otlp/v1/metrics",
                false,
                Protocol::Http,
                true,
                "https://h/otlp/v1/metrics",
            ),
            (
                "https://h/v1/",
                false,
                Protocol::Http,
                true,
                "https://h/v1/metrics",
            ),
        ] {
            let target = target(url, insecure).unwrap();
            assert_eq!((target.protocol, target.tls), (protocol, tls), "{url}");
            assert_eq!(target.url(Signal::Metrics), metrics, "{url}");
        }
    }

    #[test]
    fn what_is_no_endpoint_is_told() {
        for (url, insecure, expected) in [
            ("", false, "names no host"),
            ("collector", false, "has no port"),
            ("collector:otlp", false, "has no port"),
            ("ftp://h:1", false, "unknown scheme `ftp`"),
            ("https://", false, "names no host"),
            ("https://user:secret@h", false, "`https://…@h` names a user"),
            ("https://h:4318/api", false, "has the path `/api`"),
            ("h:4318/v1/traces", false, "has the path `/v1/traces`"),
            ("https://h:4317", true, "`insecure=True` forbids it"),
        ] {
            let error = target(url, insecure).unwrap_err();
            assert!(error.contains(expected), "{url}: {error}");
        }
    }
}
