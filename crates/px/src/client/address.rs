//! `HOST:PORT` of an agent.

use super::not_found;
use crate::agent_options::AgentOptions;
use crate::failure::{Exit, Failure};
use nixie_api::Endpoint;
use std::net::IpAddr;

/// The port that `px up` listens on unless told otherwise.
const USUAL_PORT: u16 = 4747;

/// Where an agent listens.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// Host and port, as a URL has them.
    pub(crate) text: String,
    host: String,
    port: u16,
}

impl Address {
    /// Returns the address that the user has named, or that of the agent on this machine that was
    /// started last.
    pub(crate) fn of(options: &AgentOptions) -> Result<Self, Failure> {
        match &options.endpoint {
            Some(named) => Self::parse(named),
            None => Self::parse(&read(options, Endpoint::LATEST)?.address.to_string()),
        }
    }

    /// Reads what an agent on this machine has written of itself.
    pub(super) fn endpoint(&self, options: &AgentOptions) -> Result<Endpoint, Failure> {
        read(options, &Endpoint::file_of_port(self.port))
    }

    /// Reads `HOST`, `HOST:PORT`, `[IPv6]:PORT`, with `https://` before it or without.
    fn parse(text: &str) -> Result<Self, Failure> {
        let wrong = || {
            Failure::new(Exit::Usage, format!("`{text}` is no address of an agent"))
                .hint("expected HOST:PORT, such as `127.0.0.1:4747` or `px.example:4747`")
        };
        let bare = text
            .strip_prefix("https://")
            .unwrap_or(text)
            .trim_end_matches('/');
        let (host, port) = match bare.rsplit_once(':') {
            _ if bare.parse::<IpAddr>().is_ok() => (bare, None),
            Some((host, port)) if !host.contains(':') || host.starts_with('[') => {
                (host, Some(port))
            }
            _ => (bare, None),
        };
        let port = match port {
            Some(port) => port.parse().ok().filter(|&port| port > 0),
            None => Some(USUAL_PORT),
        };
        let host = host.strip_prefix('[').map_or(Some(host), |host| {
            host.strip_suffix(']')
                .filter(|host| host.parse::<std::net::Ipv6Addr>().is_ok())
        });
        let (Some(port), Some(host)) = (port, host) else {
            return Err(wrong());
        };
        let is_ip = host.parse::<IpAddr>().is_ok();
        let is_name =
            |character: char| character.is_ascii_alphanumeric() || "-._".contains(character);
        if host.is_empty() || !(is_ip || host.chars().all(is_name)) {
            return Err(wrong());
        }
        let text = match host.contains(':') {
            true => format!("[{host}]:{port}"),
            false => format!("{host}:{port}"),
        };
        let host = host.to_owned();
        Ok(Self { text, host, port })
    }

    /// Returns true if it is on this machine, by its name.
    pub(super) fn is_local(&self) -> bool {
        let ip = self.host.parse::<IpAddr>();
        self.host == "localhost" || ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
    }
}

fn read(options: &AgentOptions, file: &str) -> Result<Endpoint, Failure> {
    let path = options.data_folder()?.join(file);
    Endpoint::read(&path).map_err(|error| not_found(&path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_port_and_may_have_a_scheme() {
        for (text, expected, is_local) in [
            ("127.0.0.1:47", "127.0.0.1:47", true),
            ("localhost", "localhost:4747", true),
            ("[::1]:1", "[::1]:1", true),
            ("::1", "[::1]:4747", true),
            ("10.1.2.3", "10.1.2.3:4747", false),
            ("https://px.example:443/", "px.example:443", false),
        ] {
            let address = Address::parse(text).unwrap();
            assert_eq!(
                (address.text.as_str(), address.is_local()),
                (expected, is_local)
            );
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            ":1",
            "host:",
            "host:0",
            "host:65536",
            "http://x",
            "a b",
            "[::1",
            "[x]:1",
        ] {
            let failure = Address::parse(text).unwrap_err().to_string();
            assert!(
                failure.contains("is no address of an agent"),
                "{text}: {failure}"
            );
        }
    }
}
