//! `AuthService`: exchanges an API key for a token that lasts for some time.

use crate::access::Principal;
use crate::grpc::guard;
use crate::listener::Peer;
use crate::state::ServerState;
use nixie_api::proto::cloudapi::auth_service_server::AuthService;
use nixie_api::proto::cloudapi::{LoginReply, LoginRequest};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// Logs clients in.
pub(crate) struct Auth(pub(crate) Arc<ServerState>);

#[tonic::async_trait]
impl AuthService for Auth {
    /// Takes the key from the request's metadata, or in the place of an access token.
    async fn login(&self, request: Request<LoginRequest>) -> Result<Response<LoginReply>, Status> {
        let known = request.extensions().get::<Principal>().cloned();
        let is_local = request
            .extensions()
            .get::<Peer>()
            .is_some_and(|peer| peer.is_local);
        let principal = match known {
            Some(principal) => principal,
            None => {
                let found = self
                    .0
                    .access
                    .of_secret(&request.get_ref().access_token, is_local)
                    .await;
                found.map_err(|refusal| guard::refused(&refusal))?
            }
        };
        let key = principal.key.ok_or_else(|| {
            Status::failed_precondition(
                "this token stands for itself; only API keys are exchanged for tokens",
            )
        })?;
        let (token, expires_at) = self.0.access.log_in(key);
        Ok(Response::new(LoginReply { token, expires_at }))
    }
}
