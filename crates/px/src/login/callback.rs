//! Waits on this machine for the browser to come back from the provider.

use super::url::field;
use crate::failure::{Exit, Failure};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// Where the provider sends the browser.
pub(super) const REDIRECT_URI: &str = "http://localhost:8085/auth_complete";
const PORT: u16 = 8085;
const PATH: &str = "/auth_complete";

/// LIMIT: time that a person has for logging in.
const LOGIN_TIME_MAX: Duration = Duration::from_mins(2);

/// LIMIT: time that a browser has for its request.
const REQUEST_TIME_MAX: Duration = Duration::from_secs(5);

/// LIMIT: bytes of a request's head.
const HEAD_BYTES_MAX: usize = 16 * 1024;

const DONE: &str = "You are logged in. This page can be closed.\n";
const REFUSED: &str = "The login failed; see the terminal. This page can be closed.\n";
const UNKNOWN: &str = "There is nothing here.\n";

/// What tells the browser that was sent away from others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent<'a> {
    pub(super) state: &'a str,
    /// Where it was sent.
    pub(super) issuer: &'a str,
}

/// The place to come back to.
pub(super) struct Callback {
    listeners: [Option<TcpListener>; 2],
}

impl Callback {
    /// Starts to listen, before the browser is sent away.
    pub(super) async fn listen() -> Result<Self, Failure> {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, PORT)).await;
        let first = first.map_err(|error| {
            let message = format!("cannot wait for the browser on port {PORT}");
            Failure::new(Exit::Failed, message)
                .caused_by(&error)
                .hint("end what uses the port, or use `px auth login --manual`")
        })?;
        // Not every machine has it; browsers then use the other one.
        let second = TcpListener::bind((Ipv6Addr::LOCALHOST, PORT)).await.ok();
        Ok(Self {
            listeners: [Some(first), second],
        })
    }

    /// Waits for the browser; returns the code that it brings.
    pub(super) async fn code(&self, sent: &Sent<'_>) -> Result<String, Failure> {
        let waited = timeout(LOGIN_TIME_MAX, async {
            loop {
                let (stream, _) = tokio::select! {
                    Ok(accepted) = accept(&self.listeners[0]) => accepted,
                    Ok(accepted) = accept(&self.listeners[1]) => accepted,
                };
                // What else comes here, such as another browser, must not end the login.
                if let Ok(Some(ended)) = timeout(REQUEST_TIME_MAX, answer(stream, sent)).await {
                    return ended;
                }
            }
        });
        waited.await.unwrap_or_else(|_| {
            let minutes = LOGIN_TIME_MAX.as_secs() / 60;
            let message = format!("nobody logged in within {minutes} minutes");
            Err(Failure::new(Exit::Failed, message)
                .hint("try again, or use `px auth login --manual`"))
        })
    }
}

async fn accept(listener: &Option<TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Answers one request; returns what it brings, if it is the one that is waited for.
async fn answer(mut stream: TcpStream, sent: &Sent<'_>) -> Option<Result<String, Failure>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > HEAD_BYTES_MAX || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head
        .strip_prefix("GET ")
        .and_then(|rest| rest.split(' ').next());
    let target = target.filter(|target| target.split('?').next() == Some(PATH));
    let brought = target.and_then(|target| brought(target, sent));
    let (status, text) = match &brought {
        Some(Ok(_)) => ("200 OK", DONE),
        Some(Err(_)) => ("400 Bad Request", REFUSED),
        None => ("404 Not Found", UNKNOWN),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\n\
         cache-control: no-store\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
    // The browser may have gone; it has brought what it was to bring.
    stream
        .write_all(answer.as_bytes())
        .await
        .unwrap_or_default();
    brought
}

/// Returns the code in a URL that the provider has sent somebody to, or its refusal; nothing, if
/// it belongs to another login.
pub(super) fn brought(url: &str, sent: &Sent<'_>) -> Option<Result<String, Failure>> {
    // Providers that say who they are cannot be taken for each other (RFC 9207).
    let is_other = field(url, "iss").is_some_and(|issuer| issuer != sent.issuer);
    if is_other || field(url, "state").as_deref() != Some(sent.state) {
        return None;
    }
    if let Some(code) = field(url, "code") {
        return Some(Ok(code));
    }
    let error = field(url, "error")?;
    let described = field(url, "error_description");
    let described = described.map_or_else(String::new, |text| format!(", {text}"));
    let message = format!("the provider refuses the login: {error}{described}");
    let plain = message.chars().filter(|c| !c.is_control());
    Some(Err(Failure::new(Exit::Failed, plain.collect::<String>())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_belongs_to_this_login_is_taken() {
        let sent = Sent {
            state: "s",
            issuer: "https://id.example.org",
        };
        let good = brought("/auth_complete?code=c%2Fd&state=s", &sent);
        assert_eq!(good.expect("taken").unwrap(), "c/d");
        let refused = brought(
            "/auth_complete?error=access_denied&error_description=no+way&state=s",
            &sent,
        );
        let text = refused.expect("told").unwrap_err().to_string();
        assert!(text.contains("access_denied, no way"), "{text}");
        for other in [
            "/auth_complete",
            "/auth_complete?code=c",
            "/auth_complete?code=c&state=t",
            "/auth_complete?state=s",
            "/auth_complete?code=c&state=s&iss=https%3A%2F%2Fother.example.org",
        ] {
            assert!(brought(other, &sent).is_none(), "{other}");
        }
    }
}
