//! What can be asked over gRPC; `docs/reference/grpc-api.md` describes it.
//!
//! | question | where |
//! |---|---|
//! | who may call what, and until when | `guard.rs` |
//! | how does a script run | `vizier/execute.rs`, `vizier/script.rs` |
//! | what if the client is slow, or goes away and comes back | `queries/` |
//! | what do errors look like | `status.rs` |
//! | how are results kept from others | `encryption.rs` |
//! | what do clients ask before that | `cloud/` |
//! | how do programs ask in SQL | `flight/` |

mod cloud;
mod encryption;
mod flight;
mod guard;
mod queries;
mod status;
mod vizier;

pub(crate) use flight::Running;
pub(crate) use queries::{Queries, STALLED_TIME_MAX};
pub(crate) use status::{of_query, of_script, with_causes};
pub(crate) use vizier::Health;

use crate::state::ServerState;
use arrow_flight::flight_service_server::FlightServiceServer;
use axum::Router;
use axum::middleware::from_fn_with_state;
use futures::Stream;
use nixie_api::proto::cloudapi::api_key_manager_server::ApiKeyManagerServer;
use nixie_api::proto::cloudapi::artifact_tracker_server::ArtifactTrackerServer;
use nixie_api::proto::cloudapi::auth_service_server::AuthServiceServer;
use nixie_api::proto::cloudapi::autocomplete_service_server::AutocompleteServiceServer;
use nixie_api::proto::cloudapi::organization_service_server::OrganizationServiceServer;
use nixie_api::proto::cloudapi::plugin_service_server::PluginServiceServer;
use nixie_api::proto::cloudapi::script_mgr_server::ScriptMgrServer;
use nixie_api::proto::cloudapi::vizier_cluster_info_server::VizierClusterInfoServer;
use nixie_api::proto::cloudapi::vizier_deployment_key_manager_server::VizierDeploymentKeyManagerServer;
use nixie_api::proto::vizierpb::vizier_debug_service_server::VizierDebugServiceServer;
use nixie_api::proto::vizierpb::vizier_service_server::VizierServiceServer;
use nixie_api::proto::{DESCRIPTORS, MESSAGE_BYTES_MAX};
use std::pin::Pin;
use std::sync::Arc;
use tonic::Status;
use tonic::codec::CompressionEncoding;
use tonic_reflection::server::Builder as Reflection;
use tonic_web::GrpcWebLayer;

/// Messages until the end or an error.
type Messages<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// Adds a service under its name.
macro_rules! serve {
    ($router:expr, $server:ident, $path:literal, $service:expr) => {
        $router.route_service(
            concat!("/", $path, "/{method}"),
            $server::new($service)
                .accept_compressed(CompressionEncoding::Gzip)
                .send_compressed(CompressionEncoding::Gzip)
                .max_decoding_message_size(MESSAGE_BYTES_MAX)
                .max_encoding_message_size(MESSAGE_BYTES_MAX),
        )
    };
}

/// Returns the services of the agent.
pub(crate) fn router(state: &Arc<ServerState>) -> Router {
    let own = || Arc::clone(state);
    let router = with_cloud(Router::new(), state);
    let router = serve!(
        router,
        VizierServiceServer,
        "px.api.vizierpb.VizierService",
        vizier::Service(own())
    );
    let router = serve!(
        router,
        VizierDebugServiceServer,
        "px.api.vizierpb.VizierDebugService",
        vizier::DebugService(own())
    );
    let router = serve!(
        router,
        FlightServiceServer,
        "arrow.flight.protocol.FlightService",
        flight::Flight(own())
    );
    with_reflection(router)
        .route_layer(from_fn_with_state(own(), guard::guard))
        .route_layer(GrpcWebLayer::new())
}

/// Adds the services that clients ask before they run scripts.
fn with_cloud(router: Router, state: &Arc<ServerState>) -> Router {
    let own = || Arc::clone(state);
    let router = serve!(
        router,
        VizierClusterInfoServer,
        "px.cloudapi.VizierClusterInfo",
        cloud::Clusters(own())
    );
    let router = serve!(
        router,
        ApiKeyManagerServer,
        "px.cloudapi.APIKeyManager",
        cloud::Keys(own())
    );
    let router = serve!(
        router,
        VizierDeploymentKeyManagerServer,
        "px.cloudapi.VizierDeploymentKeyManager",
        cloud::DeploymentKeys
    );
    let router = serve!(
        router,
        ArtifactTrackerServer,
        "px.cloudapi.ArtifactTracker",
        cloud::Artifacts(own())
    );
    let router = serve!(
        router,
        AuthServiceServer,
        "px.cloudapi.AuthService",
        cloud::Auth(own())
    );
    let router = serve!(
        router,
        OrganizationServiceServer,
        "px.cloudapi.OrganizationService",
        cloud::Organizations(own())
    );
    let router = serve!(
        router,
        PluginServiceServer,
        "px.cloudapi.PluginService",
        cloud::Plugins(own())
    );
    let router = serve!(
        router,
        ScriptMgrServer,
        "px.cloudapi.ScriptMgr",
        cloud::Scripts(own())
    );
    serve!(
        router,
        AutocompleteServiceServer,
        "px.cloudapi.AutocompleteService",
        cloud::Autocomplete(own())
    )
}

/// Adds the services that tell what services there are, in both versions that clients use.
fn with_reflection(router: Router) -> Router {
    let reflection = || Reflection::configure().register_encoded_file_descriptor_set(DESCRIPTORS);
    match (reflection().build_v1(), reflection().build_v1alpha()) {
        (Ok(v1), Ok(v1alpha)) => router
            .route_service("/grpc.reflection.v1.ServerReflection/{method}", v1)
            .route_service(
                "/grpc.reflection.v1alpha.ServerReflection/{method}",
                v1alpha,
            ),
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "reflection is off: the descriptors cannot be read");
            router
        }
    }
}

/// Returns how a call ends whose method there is not.
pub(crate) fn unknown_method(path: &str) -> Status {
    Status::unimplemented(format!(
        "method `{}` is not known here; reflection lists those that are",
        status::shown(path)
    ))
}
