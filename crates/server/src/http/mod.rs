//! What can be asked over HTTP; `docs/reference/http-api.md` describes it.

mod answer;
mod api_keys;
mod cron;
mod editor;
mod export;
mod guard;
mod query;
mod tables;

use crate::access::{Principal, Role};
use crate::grpc;
use crate::state::ServerState;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{Method, StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use nixie_api::{
    API_KEY_LOOKUP_PATH, API_KEYS_PATH, CRON_PATH, CRON_RUNS_PATH, EDITOR_PATH, ErrorKind,
    ErrorReport, HEALTH_PATH, LOG_PATH, LOGIN_PATH, LoginResponse, QUERY_PATH, REQUEST_BYTES_MAX,
    TABLES_PATH, TablesResponse, VERSION_PATH, VersionResponse,
};
use std::sync::Arc;

/// How media types of gRPC begin.
const GRPC_MEDIA_TYPE: &str = "application/grpc";

/// LIMIT: characters of a foreign method that a message shows.
const METHOD_CHARS_MAX: usize = 20;

/// Returns everything that can be asked on the port: over HTTP, and over gRPC.
pub(crate) fn router(state: Arc<ServerState>) -> Router {
    let protected = Router::new()
        .route(QUERY_PATH, post(query::query))
        .route(EDITOR_PATH, post(editor::help))
        .route(TABLES_PATH, get(list_tables))
        .route(VERSION_PATH, get(version))
        .route(LOG_PATH, get(log))
        .route(API_KEYS_PATH, get(api_keys::list).post(api_keys::create))
        .route(
            &format!("{API_KEYS_PATH}/{{id}}"),
            get(api_keys::show).delete(api_keys::revoke),
        )
        .route(API_KEY_LOOKUP_PATH, post(api_keys::lookup))
        .route(CRON_PATH, get(cron::list).post(cron::create))
        .route(
            &format!("{CRON_PATH}/{{id}}"),
            get(cron::show).patch(cron::change).delete(cron::delete),
        )
        .route(CRON_RUNS_PATH, get(cron::all_runs))
        .route(&format!("{CRON_RUNS_PATH}/{{id}}"), get(cron::runs))
        // Before the guard, which then stands before it.
        .method_not_allowed_fallback(wrong_method)
        .route_layer(from_fn_with_state(Arc::clone(&state), guard::guard))
        .layer(DefaultBodyLimit::max(REQUEST_BYTES_MAX));
    Router::new()
        .route(HEALTH_PATH, get(|| async { "ok\n" }))
        .route(LOGIN_PATH, get(login_info))
        .method_not_allowed_fallback(wrong_method)
        .merge(protected)
        .with_state(Arc::clone(&state))
        .merge(grpc::router(&state))
        .fallback(unknown_path)
}

/// Answers what nobody else does, in the client's own protocol.
async fn unknown_path(request: Request) -> Response {
    let path = request.uri().path();
    let media_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = media_type
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if media_type.starts_with(GRPC_MEDIA_TYPE) {
        return grpc::unknown_method(path).into_http();
    }
    let report = ErrorReport {
        kind: ErrorKind::Request,
        message: "there is nothing under this path".to_owned(),
        causes: Vec::new(),
        hint: Some(format!(
            "see `{VERSION_PATH}`, `{TABLES_PATH}`, `{QUERY_PATH}`, `{EDITOR_PATH}`, `{CRON_PATH}` and \
             `{API_KEYS_PATH}`"
        )),
        diagnostics: Vec::new(),
    };
    failure(StatusCode::NOT_FOUND, &report)
}

/// Answers a request by a method that its path does not have; the header `Allow` comes by itself.
async fn wrong_method(method: Method) -> Response {
    let seen: String = method.as_str().chars().take(METHOD_CHARS_MAX).collect();
    let report = ErrorReport {
        hint: Some("the header `Allow` names the methods of this path".to_owned()),
        ..answer::report(
            ErrorKind::Request,
            format!("this path has no method `{seen}`"),
        )
    };
    failure(StatusCode::METHOD_NOT_ALLOWED, &report)
}

/// Returns an HTTP error with its report.
pub(crate) fn failure(status: StatusCode, report: &ErrorReport) -> Response {
    let json = serde_json::to_vec(report).unwrap_or_default();
    (status, [(header::CONTENT_TYPE, "application/json")], json).into_response()
}

async fn list_tables(State(state): State<Arc<ServerState>>) -> Json<TablesResponse> {
    let tables = state
        .agent
        .engine()
        .store()
        .tables()
        .map(tables::info)
        .collect();
    Json(TablesResponse { tables })
}

async fn login_info(State(state): State<Arc<ServerState>>) -> Json<LoginResponse> {
    let oidc = state.access.login_info();
    Json(LoginResponse { oidc })
}

async fn version(State(state): State<Arc<ServerState>>) -> Json<VersionResponse> {
    Json(VersionResponse {
        version: state.version.clone(),
        hostname: state.agent.metadata().hostname().to_owned(),
        pid: std::process::id(),
        cluster_id: state.cluster.id.to_string(),
        cluster_name: state.cluster.name.clone(),
        started_ns: state.started_ns,
        unhealthy: state.health.check(&state).await.err(),
    })
}

/// The end of the log tells of more than a viewer may ask for.
async fn log(
    State(state): State<Arc<ServerState>>,
    Extension(principal): Extension<Principal>,
) -> Response {
    if principal.role < Role::Admin {
        let role = principal.role;
        let report = ErrorReport {
            message: format!("the log needs the role `admin`; yours is `{role}`"),
            hint: Some("make a key with `px api-key create NAME --role admin`".to_owned()),
            ..answer::report(ErrorKind::Unauthorized, String::new())
        };
        return failure(StatusCode::FORBIDDEN, &report);
    }
    state.log.text().into_response()
}
