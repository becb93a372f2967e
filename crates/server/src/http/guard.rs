//! Lets in only those who may ask.

use super::failure;
use crate::access::Refusal;
use crate::state::ServerState;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
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
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &Refusal) -> Response {
    let (status, kind) = match refusal.is_passing() {
        true => (StatusCode::SERVICE_UNAVAILABLE, ErrorKind::Busy),
        false => (StatusCode::UNAUTHORIZED, ErrorKind::Unauthorized),
    };
    let report = ErrorReport {
        kind,
        message: refusal.to_string(),
        causes: refusal
            .source()
            .map(ToString::to_string)
            .into_iter()
            .collect(),
        hint: Some(Refusal::HINT.to_owned()),
        diagnostics: Vec::new(),
    };
    failure(status, &report)
}
