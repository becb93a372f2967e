//! `VizierClusterInfo`: this agent, as the only cluster that there is.

use crate::cluster::{from_proto, to_proto};
use crate::grpc::guard;
use crate::state::ServerState;
use nixie_api::proto::cloudapi::vizier_cluster_info_server::VizierClusterInfo;
use nixie_api::proto::cloudapi::{
    ClusterInfo, ClusterStatus, CreateClusterRequest, CreateClusterResponse,
    GetClusterConnectionInfoRequest, GetClusterConnectionInfoResponse, GetClusterInfoRequest,
    GetClusterInfoResponse, UpdateClusterVizierConfigRequest, UpdateClusterVizierConfigResponse,
    UpdateOrInstallClusterRequest, UpdateOrInstallClusterResponse, VizierConfig,
};
use nixie_api::proto::uuidpb;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Tells of clusters.
pub(crate) struct Clusters(pub(crate) Arc<ServerState>);

impl Clusters {
    fn check(&self, id: Option<uuidpb::Uuid>) -> Result<(), Status> {
        id.map_or(Ok(()), |id| self.0.cluster.check(from_proto(id)))
    }

    async fn info(&self) -> ClusterInfo {
        let state = &self.0;
        let (status, status_message) = match state.health.check(state).await {
            Ok(()) => (ClusterStatus::CsHealthy, String::new()),
            Err(why) => (ClusterStatus::CsUnhealthy, why),
        };
        ClusterInfo {
            id: Some(to_proto(state.cluster.id)),
            status: status.into(),
            config: Some(VizierConfig {
                passthrough_enabled: true,
            }),
            cluster_uid: state.cluster.id.to_string(),
            cluster_name: state.cluster.name.clone(),
            pretty_cluster_name: state.cluster.name.clone(),
            vizier_version: state.version.clone(),
            num_nodes: 1,
            num_instrumented_nodes: 1,
            status_message,
            ..ClusterInfo::default()
        }
    }
}

#[tonic::async_trait]
impl VizierClusterInfo for Clusters {
    async fn create_cluster(
        &self,
        _: Request<CreateClusterRequest>,
    ) -> Result<Response<CreateClusterResponse>, Status> {
        Err(Status::unimplemented(
            "an agent is its own cluster; start another with `px up`",
        ))
    }

    async fn get_cluster_info(
        &self,
        request: Request<GetClusterInfoRequest>,
    ) -> Result<Response<GetClusterInfoResponse>, Status> {
        self.check(request.into_inner().id)?;
        Ok(Response::new(GetClusterInfoResponse {
            clusters: vec![self.info().await],
        }))
    }

    /// Gives out what lets in where the cluster itself is asked, which is here.
    async fn get_cluster_connection_info(
        &self,
        request: Request<GetClusterConnectionInfoRequest>,
    ) -> Result<Response<GetClusterConnectionInfoResponse>, Status> {
        let principal = guard::principal(&request)?;
        self.check(request.into_inner().id)?;
        let key = principal.key.ok_or_else(|| {
            Status::failed_precondition(
                "this token stands for itself; only API keys are exchanged for tokens",
            )
        })?;
        let (token, _) = self.0.access.log_in(key);
        Ok(Response::new(GetClusterConnectionInfoResponse { token }))
    }

    /// Does nothing: all that could be updated has been withdrawn.
    async fn update_cluster_vizier_config(
        &self,
        request: Request<UpdateClusterVizierConfigRequest>,
    ) -> Result<Response<UpdateClusterVizierConfigResponse>, Status> {
        self.check(request.into_inner().id)?;
        Ok(Response::new(UpdateClusterVizierConfigResponse {}))
    }

    async fn update_or_install_cluster(
        &self,
        _: Request<UpdateOrInstallClusterRequest>,
    ) -> Result<Response<UpdateOrInstallClusterResponse>, Status> {
        Err(Status::unimplemented(
            "an agent is updated by starting another binary",
        ))
    }
}
