//! `VizierDebugService`: the agent's own process as the only pod, and its log.

use crate::access::Role;
use crate::grpc::{Messages, guard, status};
use crate::state::ServerState;
use nixie_api::proto::vizierpb::vizier_debug_service_server::VizierDebugService;
use nixie_api::proto::vizierpb::{
    ContainerState, ContainerStatus, DebugLogRequest, DebugLogResponse, DebugPodsRequest,
    DebugPodsResponse, PodPhase, VizierPodStatus,
};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// What the agent's process is called in the place of a container.
const CONTAINER: &str = "px";

/// LIMIT: bytes of the log in one message.
const CHUNK_BYTES_MAX: usize = 500;

/// Tells of the agent itself.
pub(crate) struct DebugService(pub(crate) Arc<ServerState>);

impl DebugService {
    /// The host in the place of a namespace, and the process in the place of a pod.
    fn pod_name(&self) -> String {
        format!("{}/px-{}", self.0.cluster.name, std::process::id())
    }
}

#[tonic::async_trait]
impl VizierDebugService for DebugService {
    type DebugLogStream = Messages<DebugLogResponse>;

    async fn debug_log(
        &self,
        request: Request<DebugLogRequest>,
    ) -> Result<Response<Self::DebugLogStream>, Status> {
        let principal = guard::principal(&request)?;
        if principal.role < Role::Admin {
            return Err(Status::permission_denied(format!(
                "the log needs the role `admin`; yours is `{}`",
                principal.role
            )));
        }
        let request = request.into_inner();
        self.0.cluster.check_named(&request.cluster_id)?;
        let own = self.pod_name();
        if request.pod_name != own {
            return Err(Status::not_found(format!(
                "pod `{}` is not known here; there is `{own}`",
                status::shown(&request.pod_name)
            )));
        }
        if !matches!(&*request.container, "" | CONTAINER) {
            return Err(Status::not_found(format!(
                "container `{}` is not known here; there is `{CONTAINER}`",
                status::shown(&request.container)
            )));
        }
        if request.previous {
            return Err(Status::not_found(
                "the log of the process before this one is not kept; ask the service manager",
            ));
        }
        let chunks = chunks(&self.0.log.text());
        Ok(Response::new(Box::pin(futures::stream::iter(chunks))))
    }

    async fn debug_pods(
        &self,
        request: Request<DebugPodsRequest>,
    ) -> Result<Response<DebugPodsResponse>, Status> {
        self.0.cluster.check_named(&request.get_ref().cluster_id)?;
        let started_ns = self.0.started_ns;
        let container = ContainerStatus {
            name: CONTAINER.to_owned(),
            container_state: ContainerState::Running.into(),
            start_timestamp_ns: started_ns,
            ..ContainerStatus::default()
        };
        let pod = VizierPodStatus {
            name: self.pod_name(),
            phase: PodPhase::Running.into(),
            created_at: started_ns,
            container_statuses: vec![container],
            ..VizierPodStatus::default()
        };
        // One process collects the data and answers the questions.
        Ok(Response::new(DebugPodsResponse {
            data_plane_pods: vec![pod.clone()],
            control_plane_pods: vec![pod],
        }))
    }
}

fn chunks(text: &str) -> Vec<Result<DebugLogResponse, Status>> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (chunk, more) = rest.split_at(rest.floor_char_boundary(CHUNK_BYTES_MAX));
        found.push(Ok(DebugLogResponse {
            data: chunk.to_owned(),
        }));
        rest = more;
    }
    found
}
