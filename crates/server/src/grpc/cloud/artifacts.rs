//! `ArtifactTracker` and `VizierDeploymentKeyManager`: an agent is one binary that is there
//! already, so that little is to be told of releases, and nothing of keys to install it with.

use crate::grpc::status;
use crate::state::ServerState;
use nixie_api::proto::cloudapi::artifact_tracker_server::ArtifactTracker;
use nixie_api::proto::cloudapi::vizier_deployment_key_manager_server::VizierDeploymentKeyManager;
use nixie_api::proto::cloudapi::{
    Artifact, ArtifactSet, CreateDeploymentKeyRequest, DeploymentKey, GetArtifactListRequest,
    GetDeploymentKeyRequest, GetDeploymentKeyResponse, GetDownloadLinkRequest,
    GetDownloadLinkResponse, ListDeploymentKeyRequest, ListDeploymentKeyResponse,
    LookupDeploymentKeyRequest, LookupDeploymentKeyResponse,
};
use nixie_api::proto::uuidpb::Uuid as ProtoUuid;
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Names by which clients ask for releases; all of them are the one binary.
const NAMES: [&str; 4] = ["vizier", "cli", "operator", "cloud"];

/// Tells of the version that runs.
pub(crate) struct Artifacts(pub(crate) Arc<ServerState>);

impl Artifacts {
    fn check(name: &str) -> Result<(), Status> {
        if NAMES.contains(&name) {
            return Ok(());
        }
        Err(Status::not_found(format!(
            "artifact `{}` is not known here; expected one of `{}`",
            status::shown(name),
            NAMES.join("`, `")
        )))
    }
}

#[tonic::async_trait]
impl ArtifactTracker for Artifacts {
    /// The version that runs is the only one that is known.
    async fn get_artifact_list(
        &self,
        request: Request<GetArtifactListRequest>,
    ) -> Result<Response<ArtifactSet>, Status> {
        let name = request.into_inner().artifact_name;
        Self::check(&name)?;
        let running = Artifact {
            version_str: self.0.version.clone(),
            ..Artifact::default()
        };
        Ok(Response::new(ArtifactSet {
            name,
            artifact: vec![running],
        }))
    }

    async fn get_download_link(
        &self,
        request: Request<GetDownloadLinkRequest>,
    ) -> Result<Response<GetDownloadLinkResponse>, Status> {
        Self::check(&request.get_ref().artifact_name)?;
        Err(Status::unimplemented(
            "an agent gives out no binaries; copy the `px` that runs",
        ))
    }
}

/// Has no keys.
pub(crate) struct DeploymentKeys;

fn no_keys<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented(
        "agents need no deployment key: start one with `px up`; API keys are in `APIKeyManager`",
    ))
}

#[tonic::async_trait]
impl VizierDeploymentKeyManager for DeploymentKeys {
    async fn create(
        &self,
        _: Request<CreateDeploymentKeyRequest>,
    ) -> Result<Response<DeploymentKey>, Status> {
        no_keys()
    }

    async fn list(
        &self,
        _: Request<ListDeploymentKeyRequest>,
    ) -> Result<Response<ListDeploymentKeyResponse>, Status> {
        no_keys()
    }

    async fn get(
        &self,
        _: Request<GetDeploymentKeyRequest>,
    ) -> Result<Response<GetDeploymentKeyResponse>, Status> {
        no_keys()
    }

    async fn delete(&self, _: Request<ProtoUuid>) -> Result<Response<()>, Status> {
        no_keys()
    }

    async fn lookup_deployment_key(
        &self,
        _: Request<LookupDeploymentKeyRequest>,
    ) -> Result<Response<LookupDeploymentKeyResponse>, Status> {
        no_keys()
    }
}
