//! What happens to every gRPC request before its method is called.

use crate::access::{Principal, Refusal};
use crate::listener::Peer;
use crate::state::ServerState;
use axum::RequestExt;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;

/// Methods that are called without credentials: they take them as their argument, or tell nothing
/// that is not told to everybody.
const OPEN_PATHS: [&str; 4] = [
    "/px.cloudapi.AuthService/Login",
    "/px.cloudapi.ArtifactTracker/GetArtifactList",
    "/px.cloudapi.ArtifactTracker/GetDownloadLink",
    "/arrow.flight.protocol.FlightService/Handshake",
];

/// LIMIT: bytes of a request without credentials. Those in it may be as long as those in headers.
const OPEN_BYTES_MAX: usize = 32 * 1024;

/// LIMIT: time from the head of a request without credentials to the head of its answer. More than
/// an identity provider may take to tell its keys.
const OPEN_TIME_MAX: Duration = Duration::from_secs(15);

const TIMEOUT_HEADER: &str = "grpc-timeout";
const ENCODING_HEADER: &str = "grpc-encoding";
const ACCEPT_ENCODING_HEADER: &str = "grpc-accept-encoding";

/// By when the client wants the answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(pub(crate) Instant);

/// Lets in whoever may ask, and notes who it is and by when an answer is wanted.
pub(crate) async fn guard(
    State(state): State<Arc<ServerState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let is_known = match state.access.admit(&mut request).await {
        Ok(()) => true,
        Err(_) if OPEN_PATHS.contains(&request.uri().path()) => false,
        Err(refusal) => return refused(&refusal).into_http(),
    };
    match timeout(request.headers()) {
        Ok(Some(time)) => {
            request
                .extensions_mut()
                .insert(Deadline(Instant::now() + time));
        }
        Ok(None) => {}
        Err(status) => return status.into_http(),
    }
    // Clients say that they understand gzip although they would rather have no work with it:
    // who compresses gets compressed answers.
    if !request.headers().contains_key(ENCODING_HEADER) {
        request.headers_mut().remove(ACCEPT_ENCODING_HEADER);
    }
    if is_known {
        next.run(request).await
    } else {
        of_stranger(request, next).await
    }
}

/// Answers a request without credentials, which must cost little.
async fn of_stranger(mut request: Request, next: Next) -> Response {
    DefaultBodyLimit::max(OPEN_BYTES_MAX).apply(&mut request);
    let answer = next.run(request.with_limited_body());
    let answer = tokio::time::timeout(OPEN_TIME_MAX, answer).await;
    answer.unwrap_or_else(|_| {
        let seconds = OPEN_TIME_MAX.as_secs();
        let message = format!("the request was not there within {seconds} s; send all of it");
        Status::deadline_exceeded(message).into_http()
    })
}

/// Returns how a call ends that is refused.
pub(crate) fn refused(refusal: &Refusal) -> Status {
    if refusal.is_passing() {
        return Status::unavailable(super::status::with_causes(refusal));
    }
    Status::unauthenticated(format!("{refusal}; {}", Refusal::HINT))
}

/// Who asks, from where, and by when the answer is wanted.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) address: Option<SocketAddr>,
    pub(crate) deadline: Option<Instant>,
}

impl Caller {
    /// Returns who sent a request.
    pub(crate) fn of<T>(request: &tonic::Request<T>) -> Result<Self, Status> {
        Ok(Self {
            principal: principal(request)?,
            address: request.extensions().get::<Peer>().map(|peer| peer.address),
            deadline: deadline(request),
        })
    }
}

/// Returns who sent a request.
pub(crate) fn principal<T>(request: &tonic::Request<T>) -> Result<Principal, Status> {
    let found = request.extensions().get::<Principal>().cloned();
    found.ok_or_else(|| refused(&Refusal::Missing))
}

/// Returns by when the client wants the answer.
pub(crate) fn deadline<T>(request: &tonic::Request<T>) -> Option<Instant> {
    request
        .extensions()
        .get::<Deadline>()
        .map(|deadline| deadline.0)
}

/// LIMIT: a longer time is as good as none.
const TIMEOUT_MAX: Duration = Duration::from_hours(365 * 24);

/// Reads the time that the client gives: up to eight digits and a unit.
fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    let Some(value) = headers.get(TIMEOUT_HEADER) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let refused = || {
        Status::invalid_argument(format!(
            "header `{TIMEOUT_HEADER}` is `{}`; expected up to eight digits and one of H, M, S, m, u, n",
            super::status::shown(text)
        ))
    };
    let split = text
        .len()
        .checked_sub(1)
        .filter(|&at| text.is_char_boundary(at));
    let (digits, unit) = text.split_at(split.ok_or_else(refused)?);
    let is_number = (1..=8).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    let number: u64 = digits
        .parse()
        .ok()
        .filter(|_| is_number)
        .ok_or_else(refused)?;
    let time = match unit {
        "H" => Duration::from_secs(number * 3600),
        "M" => Duration::from_secs(number * 60),
        "S" => Duration::from_secs(number),
        "m" => Duration::from_millis(number),
        "u" => Duration::from_micros(number),
        "n" => Duration::from_nanos(number),
        _ => return Err(refused()),
    };
    Ok(Some(time.min(TIMEOUT_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn read(text: &str) -> Result<Option<Duration>, Status> {
        let mut headers = HeaderMap::new();
        headers.insert(TIMEOUT_HEADER, HeaderValue::from_str(text).unwrap());
        timeout(&headers)
    }

    #[test]
    fn times_are_read_as_the_protocol_has_them() {
        for (text, time) in [
            ("5S", Duration::from_secs(5)),
            ("2M", Duration::from_mins(2)),
            ("1H", Duration::from_hours(1)),
            ("99999999m", Duration::from_millis(99_999_999)),
            ("7u", Duration::from_micros(7)),
            ("7n", Duration::from_nanos(7)),
            ("99999999H", TIMEOUT_MAX),
        ] {
            assert_eq!(read(text).unwrap(), Some(time), "{text}");
        }
        assert_eq!(timeout(&HeaderMap::new()).unwrap(), None);
        for wrong in ["", "S", "5", "5s", "-5S", "123456789S", "1.5S", "+5S"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
