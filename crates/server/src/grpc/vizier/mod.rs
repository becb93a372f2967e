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
use crate::turn::planned;
use nixie_api::proto::vizierpb::vizier_service_server::VizierService;
use nixie_api::proto::vizierpb::{
    ExecuteScriptRequest, ExecuteScriptResponse, GenerateOTelScriptRequest,
    GenerateOTelScriptResponse, HealthCheckRequest, HealthCheckResponse,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

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
        self.0.cluster.check_named(&request.get_ref().cluster_id)?;
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
        let principal = guard::principal(&request)?;
        self.0.cluster.check_named(&request.get_ref().cluster_id)?;
        Ok(Response::new(health::stream(
            &self.0,
            principal,
            guard::deadline(&request),
        )))
    }

    async fn generate_o_tel_script(
        &self,
        request: Request<GenerateOTelScriptRequest>,
    ) -> Result<Response<GenerateOTelScriptResponse>, Status> {
        self.0.cluster.check_named(&request.get_ref().cluster_id)?;
        let (own, script) = (Arc::clone(&self.0), request.into_inner().pxl_script);
        let generated = planned(&self.0.query_handle, move || {
            export_script::generate(&own, &script)
        });
        Ok(Response::new(generated.await?))
    }
}

/// Returns a message's status for an error that ends nothing.
pub(super) fn reported(status: &Status) -> nixie_api::proto::vizierpb::Status {
    status::report(status)
}
