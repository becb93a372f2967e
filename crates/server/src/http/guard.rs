//! Lets in only those who may ask.

use super::answer::Refused;
use crate::access::Refusal;
use crate::state::ServerState;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use nixie_api::{ErrorKind, ErrorReport};
use std::error::Error;
use std::sync::Arc;

/// Answers requests without the right credentials itself; passes on all others.
pub(super) async fn guard(
    State(state): State<Arc<ServerState>>,
    mut request: Request,
    next: Next,
) -> Response {
    match state.access.admit(&mut request).await {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(&refusal).into_response(),
    }
}

/// Returns the answer to who is not let in.
pub(super) fn refused(refusal: &Refusal) -> Refused {
    let status = match refusal.is_passing() {
        true => StatusCode::SERVICE_UNAVAILABLE,
        false => StatusCode::UNAUTHORIZED,
    };
    Refused::new(status, report(refusal))
}

/// Returns what who is not let in is told.
pub(super) fn report(refusal: &Refusal) -> ErrorReport {
    let kind = match refusal.is_passing() {
        true => ErrorKind::Busy,
        false => ErrorKind::Unauthorized,
    };
    ErrorReport {
        kind,
        message: refusal.to_string(),
        causes: refusal
            .source()
            .map(ToString::to_string)
            .into_iter()
            .collect(),
        hint: Some(Refusal::HINT.to_owned()),
        diagnostics: Vec::new(),
    }
}
