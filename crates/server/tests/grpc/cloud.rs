//! What clients ask before they run scripts.

use crate::running::{ALL, Header, Running, script};
use nixie_api::proto::cloudapi::api_key_manager_client::ApiKeyManagerClient;
use nixie_api::proto::cloudapi::organization_service_client::OrganizationServiceClient;
use nixie_api::proto::cloudapi::vizier_cluster_info_client::VizierClusterInfoClient;
use nixie_api::proto::cloudapi::{
    ClusterStatus, CreateApiKeyRequest, GetApiKeyRequest, GetClusterInfoRequest, ListApiKeyRequest,
    LookupApiKeyRequest,
};
use nixie_api::proto::uuidpb;
use nixie_api::proto::vizierpb::vizier_debug_service_client::VizierDebugServiceClient;
use nixie_api::proto::vizierpb::{DebugLogRequest, DebugPodsRequest, ExecuteScriptRequest};
use tonic::Code;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_agent_is_the_only_cluster() {
    let running = Running::start(10).await;
    let mut client = VizierClusterInfoClient::new(running.service());
    let all = client
        .get_cluster_info(GetClusterInfoRequest { id: None })
        .await
        .unwrap();
    let [cluster] = &*all.into_inner().clusters else {
        panic!("one cluster")
    };
    assert_eq!(cluster.status(), ClusterStatus::CsHealthy);
    assert_eq!(
        (&*cluster.cluster_name, &*cluster.vizier_version),
        ("host", "1.2.3")
    );
    assert!(cluster.config.unwrap().passthrough_enabled);
    let one = client
        .get_cluster_info(GetClusterInfoRequest { id: cluster.id })
        .await
        .unwrap();
    assert_eq!(one.into_inner().clusters.len(), 1);
    let other = Some(uuidpb::Uuid {
        high_bits: 1,
        low_bits: 2,
    });
    let status = client
        .get_cluster_info(GetClusterInfoRequest { id: other })
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::NotFound);

    let on = |cluster_id: &str| {
        running.run(ExecuteScriptRequest {
            cluster_id: cluster_id.to_owned(),
            ..script(ALL)
        })
    };
    for id in [&*cluster.cluster_uid, "", "any text"] {
        assert_eq!(on(id).await.rows(), 10, "{id}");
    }
    let end = on("00000000-0000-0001-0000-000000000002")
        .await
        .end
        .unwrap();
    assert_eq!(end.code(), Code::NotFound);
    assert!(end.message().contains(&cluster.cluster_uid), "{end}");

    let mut client = OrganizationServiceClient::new(running.service());
    let own = client
        .get_org(uuidpb::Uuid::default())
        .await
        .unwrap()
        .into_inner();
    assert_eq!((own.id, &*own.org_name), (cluster.id, "host"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_are_managed_by_admins() {
    let running = Running::start(1).await;
    let mut admin = ApiKeyManagerClient::new(running.service());
    let request = CreateApiKeyRequest {
        desc: "grafana".to_owned(),
        role: String::new(),
    };
    let created = admin.create(request).await.unwrap().into_inner();
    assert!(created.key.starts_with("px-api-"));
    assert_eq!((&*created.desc, &*created.role), ("grafana", "viewer"));
    let listed = admin
        .list(ListApiKeyRequest {})
        .await
        .unwrap()
        .into_inner()
        .keys;
    assert_eq!(
        listed.iter().map(|key| key.id).collect::<Vec<_>>(),
        [created.id]
    );
    let got = admin
        .get(GetApiKeyRequest { id: created.id })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(got.key.unwrap().key, "", "a key is not shown again");
    let lookup = LookupApiKeyRequest {
        key: created.key.clone(),
    };
    let found = admin.lookup_api_key(lookup).await.unwrap().into_inner();
    assert_eq!(found.key.unwrap().id, created.id);

    let viewer = running.service_with(Header("pixie-api-key", created.key.clone()));
    let status = ApiKeyManagerClient::new(viewer)
        .list(ListApiKeyRequest {})
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    let request = CreateApiKeyRequest {
        desc: String::new(),
        role: "root".to_owned(),
    };
    let status = admin.create(request).await.unwrap_err();
    assert!(status.message().contains("unknown role `root`"), "{status}");

    admin.delete(created.id.unwrap()).await.unwrap();
    let status = admin.delete(created.id.unwrap()).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_process_is_the_only_pod() {
    let running = Running::start(1).await;
    let mut client = VizierDebugServiceClient::new(running.service());
    let pods = client
        .debug_pods(DebugPodsRequest::default())
        .await
        .unwrap()
        .into_inner();
    let name = format!("host/px-{}", std::process::id());
    for pods in [&pods.data_plane_pods, &pods.control_plane_pods] {
        assert_eq!(
            pods.iter().map(|pod| &*pod.name).collect::<Vec<_>>(),
            [&*name]
        );
        assert!(pods[0].created_at > 0 && pods[0].container_statuses.len() == 1);
    }
    let log = |pod_name: &str, previous, container: &str| DebugLogRequest {
        pod_name: pod_name.to_owned(),
        previous,
        container: container.to_owned(),
        ..DebugLogRequest::default()
    };
    for request in [
        log("x", false, ""),
        log(&name, true, ""),
        log(&name, false, "x"),
    ] {
        let status = client.debug_log(request).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound, "{status}");
    }
    running.log.push("é".repeat(600).as_bytes());
    let mut stream = client
        .debug_log(log(&name, false, "px"))
        .await
        .unwrap()
        .into_inner();
    let mut text = String::new();
    let mut chunks = 0;
    while let Some(chunk) = stream.message().await.unwrap() {
        text.push_str(&chunk.data);
        chunks += 1;
    }
    assert_eq!((text, chunks), ("é".repeat(600), 3));
}
