//! What can be asked over HTTP; `docs/reference/http-api.md` describes it.

mod export;
mod query;
mod tables;

use crate::Agent;
use crate::auth::require_token;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use nixie_api::{
    ErrorReport, HEALTH_PATH, QUERY_PATH, REQUEST_BYTES_MAX, TABLES_PATH, TablesResponse, Token,
    VERSION_PATH, VersionResponse,
};
use nixie_pxl::{CompileOptions, FunctionCall, Program};
use nixie_query::Engine;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Turns a script into a program; [`Engine::compile_functions`] outside of tests.
pub(crate) type Compile = fn(
    &Engine,
    &str,
    &CompileOptions,
    &[FunctionCall],
) -> Result<Program, Vec<nixie_pxl::Diagnostic>>;

/// What requests share.
pub(crate) struct HttpState {
    pub(crate) agent: Arc<Agent>,
    pub(crate) token: Token,
    pub(crate) version: String,
    pub(crate) compile: Compile,
    /// One permit for each query that may run at the same time.
    pub(crate) queries: Arc<Semaphore>,
    /// Where queries run.
    pub(crate) query_handle: tokio::runtime::Handle,
}

pub(crate) fn router(state: Arc<HttpState>) -> Router {
    let protected = Router::new()
        .route(QUERY_PATH, post(query::query))
        .route(TABLES_PATH, get(list_tables))
        .route(VERSION_PATH, get(version))
        .route_layer(from_fn_with_state(Arc::clone(&state), require_token))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX));
    Router::new()
        .route(HEALTH_PATH, get(|| async { "ok\n" }))
        .merge(protected)
        .with_state(state)
}

/// Returns an HTTP error with its report.
pub(crate) fn failure(status: StatusCode, report: &ErrorReport) -> Response {
    let json = serde_json::to_vec(report).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}

async fn list_tables(State(state): State<Arc<HttpState>>) -> Json<TablesResponse> {
    let tables = state
        .agent
        .engine()
        .store()
        .tables()
        .map(tables::info)
        .collect();
    Json(TablesResponse { tables })
}

async fn version(State(state): State<Arc<HttpState>>) -> Json<VersionResponse> {
    Json(VersionResponse {
        version: state.version.clone(),
        hostname: state.agent.metadata().hostname().to_owned(),
        pid: std::process::id(),
    })
}
