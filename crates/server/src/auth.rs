//! Lets in only those who hold the token.

use crate::http::{HttpState, failure};
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use nixie_api::{ErrorKind, ErrorReport};
use std::sync::Arc;

/// Answers requests without the right token itself; passes on all others.
pub(crate) async fn require_token(
    State(state): State<Arc<HttpState>>,
    request: Request,
    next: Next,
) -> Response {
    let header = request.headers().get(header::AUTHORIZATION);
    let seen = header
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if state.token.allows(seen) {
        return next.run(request).await;
    }
    let message = if seen.is_empty() {
        "token missing"
    } else {
        "token is not the right one"
    };
    failure(
        StatusCode::UNAUTHORIZED,
        &ErrorReport {
            kind: ErrorKind::Unauthorized,
            message: message.to_owned(),
            causes: Vec::new(),
            hint: Some(
                "send `Authorization: Bearer TOKEN` with the token from the file that \
                 `endpoint.json` names"
                    .to_owned(),
            ),
            diagnostics: Vec::new(),
        },
    )
}
