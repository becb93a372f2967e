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

/// Returns what a receiver says of what it took, with the number of refused items within reason.
fn accepted(refused: i64, message: String, request: &Request) -> Accepted {
    Accepted {
        refused: u64::try_from(refused).unwrap_or(0).min(request.items),
        message,
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
