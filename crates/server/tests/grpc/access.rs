//! Who is let in, for what, and over what.

use crate::running::{ALL, Header, Running, STEP_TIME_MAX, Said, script};
use nixie_api::proto::cloudapi::LoginRequest;
use nixie_api::proto::cloudapi::auth_service_client::AuthServiceClient;
use nixie_api::proto::vizierpb::vizier_debug_service_client::VizierDebugServiceClient;
use nixie_api::proto::vizierpb::vizier_service_client::VizierServiceClient;
use nixie_api::proto::vizierpb::{DebugLogRequest, ExecuteScriptRequest, HealthCheckRequest};
use nixie_query::QueryLimits;
use nixie_server::{KeyStore, Role, Server, ServerConfig, ServerError, TlsConfig};
use std::sync::Arc;
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};
use tonic::{Code, Status};

const KEY: &str = "pixie-api-key";

/// Where clients of Pixie put a key that talk to one agent directly.
const DIRECT_KEY: &str = "x-direct-vizier-key";

fn keys(running: &Running) -> KeyStore {
    KeyStore::open(&running.state_folder()).unwrap()
}

async fn run(
    running: &Running,
    header: Header,
    request: ExecuteScriptRequest,
) -> Result<Said, Status> {
    let mut client = VizierServiceClient::new(running.service_with(header));
    Ok(Said::all(client.execute_script(request).await?.into_inner()).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_known_credentials_let_in() {
    let running = Running::start(10).await;
    let key = keys(&running).create("test", Role::Viewer).unwrap();
    for header in [
        Header(KEY, String::new()),
        Header(
            KEY,
            "px-api-00000000-0000-4000-8000-000000000000".to_owned(),
        ),
        Header(DIRECT_KEY, "px-api-".to_owned()),
        Header("authorization", "Bearer wrong".to_owned()),
        Header("authorization", "wrong".to_owned()),
    ] {
        let status = run(&running, header, script(ALL)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unauthenticated, "{status}");
        assert!(status.message().contains("px api-key create"), "{status}");
    }
    for header in [
        Header(KEY, key.key.clone()),
        Header(DIRECT_KEY, key.key.clone()),
        Header("authorization", format!("bearer {}", key.key)),
        Header("authorization", running.server.token().header_value()),
    ] {
        assert_eq!(run(&running, header, script(ALL)).await.unwrap().rows(), 10);
    }
    keys(&running).revoke(key.info.id).unwrap();
    let status = run(&running, Header(KEY, key.key), script(ALL))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
}

/// Exports to where nobody listens, by an address that is in the script; returns how that ends.
async fn export_as(running: &Running, role: Role) -> Status {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = closed.local_addr().unwrap();
    let text = format!(
        "import px
df = px.DataFrame('http_events')
px.export(df, px.otel.Data(
    endpoint=px.otel.Endpoint(url='{closed}', insecure=True),
    resource={{'service.name': df.req_path}},
    data=[px.otel.metric.Gauge(name='latency', value=df.latency)],
))
"
    );
    let key = keys(running).create("test", role).unwrap().key;
    let said = run(running, Header(KEY, key), script(&text)).await;
    said.unwrap().end.expect("it fails")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_limit_what_is_done() {
    let running = Running::start(10).await;
    let of = |role| Header(KEY, keys(&running).create("test", role).unwrap().key);
    let change = ExecuteScriptRequest {
        mutation: true,
        ..script(ALL)
    };
    let status = run(&running, of(Role::Viewer), change.clone())
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(
        status
            .message()
            .contains("needs the role `editor`; yours is `viewer`"),
        "{status}"
    );
    assert_eq!(
        run(&running, of(Role::Editor), change)
            .await
            .unwrap()
            .rows(),
        10
    );

    let status = export_as(&running, Role::Viewer).await;
    assert_eq!(status.code(), Code::PermissionDenied);
    assert!(
        status
            .message()
            .contains("`px.export`, which needs the role `editor`; yours is `viewer`"),
        "{status}"
    );
    // Nobody listens there.
    let status = export_as(&running, Role::Editor).await;
    assert_eq!(status.code(), Code::Unavailable, "{status}");

    running.log.push(b"a line\n");
    let log = async |role| {
        let mut client = VizierDebugServiceClient::new(running.service_with(of(role)));
        let pod_name = format!("host/px-{}", std::process::id());
        client
            .debug_log(DebugLogRequest {
                pod_name,
                ..DebugLogRequest::default()
            })
            .await
    };
    assert_eq!(
        log(Role::Editor).await.unwrap_err().code(),
        Code::PermissionDenied
    );
    let mut lines = log(Role::Admin).await.unwrap().into_inner();
    assert_eq!(lines.message().await.unwrap().unwrap().data, "a line\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_ends_its_streams_and_the_table_of_queries_says_so() {
    let running = Running::start(10).await;
    let key = keys(&running).create("test", Role::Viewer).unwrap();
    let text = "import px\npx.display(px.DataFrame('http_events').stream(), 'all')\n";
    let mut client = VizierServiceClient::new(running.service_with(Header(KEY, key.key)));
    let followed = client.execute_script(script(text)).await.unwrap();
    let mut followed = followed.into_inner();
    let first = followed.message().await.unwrap();
    assert!(first.is_some());
    let health = client.health_check(HealthCheckRequest::default()).await;
    let mut health = health.unwrap().into_inner();
    assert!(health.message().await.unwrap().is_some());
    keys(&running).revoke(key.info.id).unwrap();
    let said = tokio::time::timeout(STEP_TIME_MAX, Said::all(followed)).await;
    let end = said.expect("the stream ends").end.expect("an error");
    assert_eq!(end.code(), Code::Unauthenticated, "{end}");
    assert!(end.message().contains("key was revoked"), "{end}");
    let end = tokio::time::timeout(STEP_TIME_MAX, health.message()).await;
    let end = end.expect("it is told in time").unwrap_err();
    assert_eq!(end.code(), Code::Unauthenticated, "{end}");
    let audit = "import px\ndf = px.DataFrame('api_queries')\n\
        px.display(df[df.status == 16], 'out')\n";
    let said = running.run(script(audit)).await;
    assert!(said.end.is_none() && said.rows() == 1, "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_exchanged_for_a_session() {
    let running = Running::start(10).await;
    let key = keys(&running).create("test", Role::Viewer).unwrap();
    let login = async |header, access_token: &str| {
        let mut client = AuthServiceClient::new(running.service_with(header));
        client
            .login(LoginRequest {
                access_token: access_token.to_owned(),
            })
            .await
    };
    let by_header = login(Header(KEY, key.key.clone()), "")
        .await
        .unwrap()
        .into_inner();
    let by_field = login(Header(KEY, String::new()), &key.key)
        .await
        .unwrap()
        .into_inner();
    for session in [by_header, by_field] {
        assert!(session.expires_at > 1_700_000_000);
        let header = Header("authorization", format!("Bearer {}", session.token));
        assert_eq!(run(&running, header, script(ALL)).await.unwrap().rows(), 10);
    }
    let status = login(Header(KEY, String::new()), "wrong")
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::Unauthenticated);
    let local = Header("authorization", running.server.token().header_value());
    let status = login(local, "").await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls_is_told_apart_on_the_same_port() {
    let tls = Some(TlsConfig::SelfSigned { names: Vec::new() });
    let running = Running::start_with(10, QueryLimits::default(), |config| config.tls = tls).await;
    let key = keys(&running).create("test", Role::Viewer).unwrap();
    let authority = std::fs::read(running.state_folder().join("tls/ca.pem")).unwrap();
    let port = running.server.address().port();
    let secure = |authority: &[u8]| {
        let config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority));
        let endpoint = Endpoint::from_shared(format!("https://localhost:{port}")).unwrap();
        endpoint.tls_config(config).unwrap()
    };
    let channel = secure(&authority).connect().await.unwrap();
    let service =
        tonic::service::interceptor::InterceptedService::new(channel, Header(KEY, key.key.clone()));
    let answer = VizierServiceClient::new(service)
        .execute_script(script(ALL))
        .await
        .unwrap();
    assert_eq!(Said::all(answer.into_inner()).await.rows(), 10);
    // Programs of this machine need none.
    assert_eq!(
        run(&running, Header(KEY, key.key), script(ALL))
            .await
            .unwrap()
            .rows(),
        10
    );
    // A certificate of somebody else is not trusted.
    let other = tempfile::tempdir().unwrap();
    let tls = Some(TlsConfig::SelfSigned { names: Vec::new() });
    let stranger = Running::start_with(0, QueryLimits::default(), |config| {
        config.tls = tls;
        config.state_folder = other.path().to_owned();
    });
    drop(stranger.await);
    let foreign = std::fs::read(other.path().join("tls/ca.pem")).unwrap();
    assert!(secure(&foreign).connect().await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_machines_are_let_in_only_with_tls_and_a_key() {
    let running = Running::start(0).await;
    let folder = tempfile::tempdir().unwrap();
    let config = |tls| ServerConfig {
        listen: "0.0.0.0:0".parse().unwrap(),
        runtime_folder: folder.path().join("run"),
        state_folder: folder.path().join("state"),
        tls,
        oidc: None,
        queries_max: 1,
        version: String::new(),
        log: Arc::default(),
        bundled: Arc::default(),
    };
    let start = async |tls| Server::start(config(tls), Arc::clone(&running.agent)).await;
    let error = start(None).await.unwrap_err();
    assert!(matches!(error, ServerError::WithoutTls(_)), "{error}");
    assert!(error.to_string().contains("--tls-self-signed"), "{error}");
    let tls = || Some(TlsConfig::SelfSigned { names: Vec::new() });
    let error = start(tls()).await.unwrap_err();
    assert!(matches!(error, ServerError::WithoutKeys(_)), "{error}");
    assert!(error.to_string().contains("px api-key create"), "{error}");
    KeyStore::open(&folder.path().join("state"))
        .unwrap()
        .create("x", Role::Viewer)
        .unwrap();
    let server = start(tls()).await.unwrap();
    // Programs of this machine find it by the loopback address.
    let file = folder.path().join("run/endpoint.json");
    let endpoint = nixie_api::Endpoint::read(&file).unwrap();
    assert!(endpoint.address.ip().is_loopback());
    assert_eq!(endpoint.address.port(), server.address().port());
}
