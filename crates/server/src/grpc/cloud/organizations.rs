//! `OrganizationService`: the agent as the only organization.

use crate::cluster::{from_proto, to_proto};
use crate::state::ServerState;
use nixie_api::proto::cloudapi::organization_service_server::OrganizationService;
use nixie_api::proto::cloudapi::{
    InviteUserRequest, InviteUserResponse, OrgInfo, UpdateOrgRequest,
};
use nixie_api::proto::uuidpb::Uuid as ProtoUuid;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Tells of organizations.
pub(crate) struct Organizations(pub(crate) Arc<ServerState>);

#[tonic::async_trait]
impl OrganizationService for Organizations {
    /// No id asks for the caller's own.
    async fn get_org(&self, request: Request<ProtoUuid>) -> Result<Response<OrgInfo>, Status> {
        let (own, name) = (self.0.cluster.id, &self.0.cluster.name);
        let asked = from_proto(request.into_inner());
        if !asked.is_nil() && asked != own {
            return Err(Status::not_found(format!(
                "organization `{asked}` is not known here; this agent is `{own}`"
            )));
        }
        Ok(Response::new(OrgInfo {
            id: Some(to_proto(own)),
            org_name: name.clone(),
            domain_name: name.clone(),
            enable_approvals: false,
        }))
    }

    async fn invite_user(
        &self,
        _: Request<InviteUserRequest>,
    ) -> Result<Response<InviteUserResponse>, Status> {
        Err(Status::unimplemented(
            "people are invited by the identity provider; name it with `--oidc-issuer`",
        ))
    }

    async fn update_org(&self, _: Request<UpdateOrgRequest>) -> Result<Response<OrgInfo>, Status> {
        Err(Status::unimplemented(
            "people are approved by the identity provider",
        ))
    }
}
