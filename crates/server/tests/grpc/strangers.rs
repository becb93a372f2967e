//! Calls without credentials: few are answered, and those cost little.

use crate::running::{Header, Running, STEP_TIME_MAX};
use arrow_flight::flight_service_client::FlightServiceClient;
use nixie_api::proto::cloudapi::artifact_tracker_client::ArtifactTrackerClient;
use nixie_api::proto::cloudapi::auth_service_client::AuthServiceClient;
use nixie_api::proto::cloudapi::{GetArtifactListRequest, GetDownloadLinkRequest, LoginRequest};
use tokio::time::timeout;
use tonic::Code;

fn stranger() -> Header {
    Header("pixie-api-key", String::new())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_does_not_send_what_logs_in_is_not_waited_for() {
    let running = Running::start(0).await;
    let mut client = FlightServiceClient::new(running.service_with(stranger()));
    let call = timeout(STEP_TIME_MAX, client.handshake(futures::stream::pending()));
    let status = call.await.expect("an end").unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded, "{status}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_that_are_too_long_are_not_even_read() {
    let running = Running::start(0).await;
    let mut client = AuthServiceClient::new(running.service_with(stranger()));
    for (bytes, expected) in [(30_000, "is not known"), (40_000, "length limit exceeded")] {
        let access_token = "x".repeat(bytes);
        let status = client.login(LoginRequest { access_token }).await;
        let status = status.unwrap_err();
        assert!(status.message().contains(expected), "{bytes}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everybody_may_ask_for_the_version() {
    let running = Running::start(0).await;
    let mut client = ArtifactTrackerClient::new(running.service_with(stranger()));
    let artifact_name = "vizier".to_owned();
    let list = client.get_artifact_list(GetArtifactListRequest {
        artifact_name: artifact_name.clone(),
        ..GetArtifactListRequest::default()
    });
    let list = list.await.unwrap().into_inner();
    assert_eq!(list.artifact[0].version_str, "1.2.3");
    let link = client.get_download_link(GetDownloadLinkRequest {
        artifact_name,
        ..GetDownloadLinkRequest::default()
    });
    assert_eq!(link.await.unwrap_err().code(), Code::Unimplemented);
}
