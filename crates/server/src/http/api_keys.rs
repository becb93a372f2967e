//! API keys: list, create, look up and revoke; for admins.

use crate::access::{KeyError, NewKey, Principal, Role, may_manage_keys};
use crate::http::answer::{self, Answer, Body, Refused, causes, read, report};
use crate::state::ServerState;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::{Extension, Json};
use nixie_api::{
    ApiKeyCreated, ApiKeyInfo, ApiKeyLookup, ApiKeys, ErrorKind, ErrorReport, NewApiKey,
};
use std::error::Error;
use std::sync::Arc;
use uuid::Uuid;

type Shared = State<Arc<ServerState>>;

pub(super) async fn list(
    State(state): Shared,
    Extension(principal): Extension<Principal>,
) -> Answer<ApiKeys> {
    check(&principal)?;
    let keys = state
        .access
        .keys()
        .list()?
        .into_iter()
        .map(ApiKeyInfo::from)
        .collect();
    Ok(Json(ApiKeys { keys }))
}

pub(super) async fn create(
    State(state): Shared,
    Extension(principal): Extension<Principal>,
    body: Body,
) -> Answer<ApiKeyCreated> {
    check(&principal)?;
    let NewApiKey { description, role } = read(body, "API key to create")?;
    let role = match role.map(|name| name.parse::<Role>()) {
        None => Role::default(),
        Some(Ok(role)) => role,
        Some(Err(error)) => {
            let report = report(ErrorKind::Request, error.to_string());
            return Err(Refused::new(StatusCode::BAD_REQUEST, report));
        }
    };
    let NewKey { info, key } = state.access.keys().create(&description, role)?;
    let info = info.into();
    Ok(Json(ApiKeyCreated { info, key }))
}

pub(super) async fn show(
    State(state): Shared,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
) -> Answer<ApiKeyInfo> {
    check(&principal)?;
    let id = parse(&id)?;
    let found = state.access.keys().get(id)?;
    found
        .map(ApiKeyInfo::from)
        .map(Json)
        .ok_or_else(|| unknown(id))
}

pub(super) async fn lookup(
    State(state): Shared,
    Extension(principal): Extension<Principal>,
    body: Body,
) -> Answer<ApiKeyInfo> {
    check(&principal)?;
    let ApiKeyLookup { key } = read(body, "API key to look up")?;
    let found = state.access.keys().find(&key)?;
    found.map(ApiKeyInfo::from).map(Json).ok_or_else(|| {
        let message = "API key is not known; it may have been revoked".to_owned();
        Refused::missing(message)
    })
}

pub(super) async fn revoke(
    State(state): Shared,
    Extension(principal): Extension<Principal>,
    Path(id): Path<String>,
) -> Answer<()> {
    check(&principal)?;
    let id = parse(&id)?;
    match state.access.keys().revoke(id)? {
        true => Ok(Json(())),
        false => Err(unknown(id)),
    }
}

fn check(principal: &Principal) -> Result<(), Refused> {
    may_manage_keys(principal).map_err(Refused::forbidden)
}

fn parse(id: &str) -> Result<Uuid, Refused> {
    answer::id(id, "an API key")
}

fn unknown(id: Uuid) -> Refused {
    Refused::missing(format!("there is no API key `{id}`"))
}

impl From<KeyError> for Refused {
    fn from(error: KeyError) -> Self {
        let status = match &error {
            KeyError::Description { .. } => StatusCode::BAD_REQUEST,
            KeyError::TooMany => StatusCode::CONFLICT,
            KeyError::File(_) | KeyError::Sqlite(_) | KeyError::Corrupt { .. } => {
                StatusCode::SERVICE_UNAVAILABLE
            }
        };
        let report = ErrorReport {
            causes: causes(error.source()),
            ..report(ErrorKind::Request, error.to_string())
        };
        Self::new(status, report)
    }
}
