//! `APIKeyManager`: creates, lists and revokes API keys; for admins.

use super::timestamp;
use crate::access::{KeyError, KeyInfo, NewKey, Role, may_manage_keys};
use crate::cluster::{from_proto, to_proto};
use crate::grpc::{guard, status};
use crate::state::ServerState;
use nixie_api::proto::cloudapi::api_key_manager_server::ApiKeyManager;
use nixie_api::proto::cloudapi::{
    ApiKey, ApiKeyMetadata, CreateApiKeyRequest, GetApiKeyRequest, GetApiKeyResponse,
    ListApiKeyRequest, ListApiKeyResponse, LookupApiKeyRequest, LookupApiKeyResponse,
};
use nixie_api::proto::uuidpb::Uuid as ProtoUuid;
use std::sync::Arc;
use tonic::{Code, Request, Response, Status};

/// Manages API keys.
pub(crate) struct Keys(pub(crate) Arc<ServerState>);

impl Keys {
    fn check<T>(request: &Request<T>) -> Result<(), Status> {
        may_manage_keys(&guard::principal(request)?).map_err(Status::permission_denied)
    }

    fn metadata(&self, info: KeyInfo) -> ApiKeyMetadata {
        ApiKeyMetadata {
            id: Some(to_proto(info.id)),
            created_at: Some(timestamp(info.created_ns)),
            desc: info.description,
            org_id: Some(to_proto(self.0.cluster.id)),
            user_id: None,
            role: info.role.name().to_owned(),
        }
    }

    /// Returns a key; its secret is there only when it has just been created.
    fn key(&self, info: KeyInfo, secret: String) -> ApiKey {
        let ApiKeyMetadata {
            id,
            created_at,
            desc,
            org_id,
            user_id,
            role,
        } = self.metadata(info);
        ApiKey {
            id,
            key: secret,
            created_at,
            desc,
            org_id,
            user_id,
            role,
        }
    }
}

fn failed(error: &KeyError) -> Status {
    let code = match error {
        KeyError::Description { .. } => Code::InvalidArgument,
        KeyError::TooMany => Code::ResourceExhausted,
        _ => Code::Unavailable,
    };
    Status::new(code, status::with_causes(error))
}

fn unknown() -> Status {
    Status::not_found("API key is not known; it may have been revoked")
}

#[tonic::async_trait]
impl ApiKeyManager for Keys {
    async fn create(
        &self,
        request: Request<CreateApiKeyRequest>,
    ) -> Result<Response<ApiKey>, Status> {
        Self::check(&request)?;
        let CreateApiKeyRequest { desc, role } = request.into_inner();
        let role = match &*role {
            "" => Role::default(),
            name => name
                .parse()
                .map_err(|error| Status::invalid_argument(format!("{error}")))?,
        };
        let created = self.0.access.keys().create(&desc, role);
        let NewKey { info, key } = created.map_err(|error| failed(&error))?;
        Ok(Response::new(self.key(info, key)))
    }

    async fn list(
        &self,
        request: Request<ListApiKeyRequest>,
    ) -> Result<Response<ListApiKeyResponse>, Status> {
        Self::check(&request)?;
        let keys = self
            .0
            .access
            .keys()
            .list()
            .map_err(|error| failed(&error))?;
        let keys = keys.into_iter().map(|info| self.metadata(info)).collect();
        Ok(Response::new(ListApiKeyResponse { keys }))
    }

    async fn get(
        &self,
        request: Request<GetApiKeyRequest>,
    ) -> Result<Response<GetApiKeyResponse>, Status> {
        Self::check(&request)?;
        let id = request.into_inner().id.unwrap_or_default();
        let found = self
            .0
            .access
            .keys()
            .get(from_proto(id))
            .map_err(|error| failed(&error))?;
        let key = self.key(found.ok_or_else(unknown)?, String::new());
        Ok(Response::new(GetApiKeyResponse { key: Some(key) }))
    }

    async fn delete(&self, request: Request<ProtoUuid>) -> Result<Response<()>, Status> {
        Self::check(&request)?;
        let id = from_proto(request.into_inner());
        match self
            .0
            .access
            .keys()
            .revoke(id)
            .map_err(|error| failed(&error))?
        {
            true => Ok(Response::new(())),
            false => Err(unknown()),
        }
    }

    async fn lookup_api_key(
        &self,
        request: Request<LookupApiKeyRequest>,
    ) -> Result<Response<LookupApiKeyResponse>, Status> {
        Self::check(&request)?;
        let key = request.into_inner().key;
        let found = self
            .0
            .access
            .keys()
            .find(&key)
            .map_err(|error| failed(&error))?;
        let key = self.metadata(found.ok_or_else(unknown)?);
        Ok(Response::new(LookupApiKeyResponse { key: Some(key) }))
    }
}
