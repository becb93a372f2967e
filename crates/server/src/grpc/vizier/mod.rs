//! `px.api.vizierpb`: runs scripts, and tells how the agent is.

mod debug;
mod execute;
mod export_script;
mod exports;
mod health;
mod mutations;
mod script;

pub(crate) use debug::DebugService;
pub(crate) use health::Health;

use crate::grpc::{Messages, guard, status};
use crate::state::ServerState;
use nixie_api::proto::vizierpb::vizier_service_server::VizierService;
use nixie_api::proto::vizierpb::{
    ExecuteScriptRequest, ExecuteScriptResponse, GenerateOTelScriptRequest,
    GenerateOTelScriptResponse, HealthCheckRequest, HealthCheckResponse,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// Runs scripts.
pub(crate) struct Service(pub(crate) Arc<ServerState>);

#[tonic::async_trait]
impl VizierService for Service {
    type ExecuteScriptStream = Messages<ExecuteScriptResponse>;
    type HealthCheckStream = Messages<HealthCheckResponse>;

    async fn execute_script(
        &self,
        request: Request<ExecuteScriptRequest>,
    ) -> Result<Response<Self::ExecuteScriptStream>, Status> {
        let caller = guard::Caller::of(&request)?;
        check_cluster(&self.0, &request.get_ref().cluster_id)?;
        Ok(Response::new(execute::execute(
            &self.0,
            caller,
            request.into_inner(),
        )?))
    }

    async fn health_check(
        &self,
        request: Request<HealthCheckRequest>,
    ) -> Result<Response<Self::HealthCheckStream>, Status> {
        check_cluster(&self.0, &request.get_ref().cluster_id)?;
        Ok(Response::new(health::stream(
            &self.0,
            guard::deadline(&request),
        )))
    }

    async fn generate_o_tel_script(
        &self,
        request: Request<GenerateOTelScriptRequest>,
    ) -> Result<Response<GenerateOTelScriptResponse>, Status> {
        check_cluster(&self.0, &request.get_ref().cluster_id)?;
        let script = request.into_inner().pxl_script;
        Ok(Response::new(export_script::generate(&self.0, &script)))
    }
}

/// Refuses requests for another cluster. What is no UUID comes from clients that talk to one
/// agent only, and name its cluster as they like.
pub(super) fn check_cluster(state: &ServerState, cluster: &str) -> Result<(), Status> {
    let own = state.cluster.id;
    match Uuid::parse_str(cluster) {
        Ok(asked) if asked != own => Err(Status::not_found(format!(
            "cluster `{asked}` is not known here; this agent is cluster `{own}`"
        ))),
        _ => Ok(()),
    }
}

/// Returns a message's status for an error that ends nothing.
pub(super) fn reported(status: &Status) -> nixie_api::proto::vizierpb::Status {
    status::report(status)
}
