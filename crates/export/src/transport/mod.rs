//! How requests travel.

mod grpc;
mod http;

pub use http::system_certificates;

use crate::ExportError;
use crate::request::{Accepted, Request};
use crate::target::{Protocol, Target};
use grpc::Grpc;
use http::Http;
use nixie_pxl::OtelEndpoint;
use std::time::Duration;

/// A way to a receiver.
#[derive(Clone)]
pub(crate) enum Transport {
    Grpc(Box<Grpc>),
    Http(Http),
}

/// Why a request was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) remedy: Remedy,
    /// What the receiver or the network said.
    pub(crate) message: String,
}

/// What can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Nothing: every request of this signal would be refused.
    GiveUp,
    /// Another attempt, not before that time has passed.
    Retry(Option<Duration>),
    /// Another request may fare better.
    Skip,
}

impl Transport {
    /// Returns a way to an endpoint. Nothing is connected yet.
    pub(crate) fn new(target: &Target, endpoint: &OtelEndpoint) -> Result<Self, ExportError> {
        if endpoint.timeout > TIMEOUT_MAX {
            return Err(ExportError::Timeout {
                asked_s: endpoint.timeout.as_secs(),
                most_s: TIMEOUT_MAX.as_secs(),
            });
        }
        Ok(match target.protocol {
            Protocol::Grpc => Self::Grpc(Box::new(Grpc::new(target, endpoint)?)),
            Protocol::Http => Self::Http(Http::new(target, endpoint)?),
        })
    }

    /// Sends a request once.
    pub(crate) async fn send(&mut self, request: &Request) -> Result<Accepted, Refusal> {
        match self {
            Self::Grpc(grpc) => grpc.send(request).await,
            Self::Http(http) => http.send(request).await,
        }
    }
}

/// LIMIT: time for an answer that can be asked for. An attempt that waits holds its rows, and goes
/// on when nobody waits for the export any more.
const TIMEOUT_MAX: Duration = Duration::from_mins(1);

/// LIMIT: characters of what a receiver says that are told.
const MESSAGE_CHARS_MAX: usize = 200;

/// Returns what a receiver says as it may be told: short, and nothing that a terminal obeys.
fn told(text: &str) -> String {
    let visible = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let shown: String = visible.take(MESSAGE_CHARS_MAX).collect();
    shown.trim().to_owned()
}

/// Returns what a receiver says of what it took, with the number of refused items within reason.
fn accepted(refused: i64, message: &str, request: &Request) -> Accepted {
    Accepted {
        refused: u64::try_from(refused).unwrap_or(0).min(request.items),
        message: told(message),
    }
}

/// Returns the message of an error with its causes, those that repeat others left out.
fn with_causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let message = error.to_string();
        if !text.contains(&message) {
            text = format!("{text}: {message}");
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_receiver_says_is_short_and_orders_nothing() {
        assert_eq!(told(" a\u{1b}[2J\r\nb\u{9b} "), "a [2J  b");
        assert_eq!(told(&"x".repeat(1000)).len(), MESSAGE_CHARS_MAX);
    }

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let checked = |timeout| {
            let endpoint = OtelEndpoint {
                url: "h:1".to_owned(),
                headers: std::collections::BTreeMap::new(),
                insecure: true,
                timeout,
            };
            crate::Exporter::check(&endpoint).map_err(|error| error.to_string())
        };
        assert_eq!(checked(TIMEOUT_MAX), Ok(()));
        let error = checked(Duration::from_secs(10_000_000_000_000)).unwrap_err();
        assert!(error.contains("at most 60 s"), "{error}");
    }
}
