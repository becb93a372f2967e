//! Answers in JSON, and refusals.

use crate::http::failure;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nixie_api::{ErrorKind, ErrorReport};
use serde::de::DeserializeOwned;
use std::error::Error;
use uuid::Uuid;

/// The body of a request, or why there is none.
pub(super) type Body = Result<Bytes, BytesRejection>;

/// An answer, or why there is none.
pub(super) type Answer<T> = Result<Json<T>, Refused>;

/// Why a request is refused, with the status of the answer.
pub(super) struct Refused(StatusCode, Box<ErrorReport>);

impl Refused {
    pub(super) fn new(status: StatusCode, report: ErrorReport) -> Self {
        Self(status, Box::new(report))
    }

    /// Returns what the role of whoever asks does not allow.
    pub(super) fn forbidden(message: String) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            report(ErrorKind::Unauthorized, message),
        )
    }

    fn invalid(status: StatusCode, message: String) -> Self {
        Self::new(status, report(ErrorKind::Request, message))
    }

    /// Returns that there is no such thing.
    pub(super) fn missing(message: String) -> Self {
        Self::invalid(StatusCode::NOT_FOUND, message)
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        failure(self.0, &self.1)
    }
}

/// Reads the JSON of a body that is to be `what`.
pub(super) fn read<T: DeserializeOwned>(body: Body, what: &str) -> Result<T, Refused> {
    let body = body.map_err(|error| Refused::invalid(error.status(), error.body_text()))?;
    serde_json::from_slice(&body).map_err(|error| {
        let message = format!("request body is no valid {what}, {error}");
        Refused::invalid(StatusCode::BAD_REQUEST, message)
    })
}

/// Reads the id of `what` in a path.
pub(super) fn id(text: &str, what: &str) -> Result<Uuid, Refused> {
    Uuid::parse_str(text).map_err(|_| {
        let message = format!("the id of {what} is a UUID");
        Refused::invalid(StatusCode::BAD_REQUEST, message)
    })
}

pub(super) fn report(kind: ErrorKind, message: String) -> ErrorReport {
    ErrorReport {
        kind,
        message,
        causes: Vec::new(),
        hint: None,
        diagnostics: Vec::new(),
    }
}

/// Returns what errors say, each the cause of the one before.
pub(super) fn causes(mut error: Option<&(dyn Error + 'static)>) -> Vec<String> {
    let mut causes = Vec::new();
    while let Some(cause) = error {
        causes.push(cause.to_string());
        error = cause.source();
    }
    causes
}
