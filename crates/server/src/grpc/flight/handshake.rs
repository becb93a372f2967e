//! `Handshake`: takes a user's name and password, and answers with a token.
//!
//! The password is an API key, or another secret that lets in; whose it is tells the secret, and not
//! the name. It is its own token: it is good until it is revoked.

use crate::access::{Access, Principal, Refusal, shown_secret};
use crate::grpc::guard;
use crate::listener::Peer;
use arrow_flight::{BasicAuth, HandshakeRequest, HandshakeResponse};
use prost::Message;
use tonic::metadata::MetadataValue;
use tonic::{Request, Response, Status, Streaming};

/// Header with the token of the answer.
const TOKEN_HEADER: &str = "authorization";

/// Lets a client in.
pub(super) async fn answer(
    access: &Access,
    request: Request<Streaming<HandshakeRequest>>,
) -> Result<Response<HandshakeResponse>, Status> {
    let is_known = request.extensions().get::<Principal>().is_some();
    let is_local = request
        .extensions()
        .get::<Peer>()
        .is_some_and(|peer| peer.is_local);
    let shown = shown_secret(request.metadata().as_ref());
    let secret = match shown {
        Some(secret) if is_known => secret,
        Some(_) => return Err(guard::refused(&Refusal::Unknown)),
        None => {
            // Older clients send both in the first message.
            let first = request.into_inner().message().await?.unwrap_or_default();
            let login = BasicAuth::decode(first.payload).unwrap_or_default();
            if login.password.is_empty() {
                return Err(guard::refused(&Refusal::Missing));
            }
            let found = access.of_secret(&login.password, is_local).await;
            found.map_err(|refusal| guard::refused(&refusal))?;
            login.password
        }
    };
    let token = MetadataValue::try_from(format!("Bearer {secret}"));
    let token = token.map_err(|_| guard::refused(&Refusal::Unknown))?;
    let mut response = Response::new(HandshakeResponse {
        protocol_version: 0,
        payload: secret.into(),
    });
    response.metadata_mut().insert(TOKEN_HEADER, token);
    Ok(response)
}
