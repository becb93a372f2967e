//! What comes in on the port that is no gRPC call, and too much of it.

use crate::running::{ALL, Running, STEP_TIME_MAX, script};
use nixie_api::proto::DESCRIPTORS;
use nixie_query::QueryLimits;
use nixie_server::TlsConfig;
use prost::Message;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// LIMIT: connections that a server keeps.
const CONNECTIONS_MAX: usize = 512;

pub(crate) fn connect(running: &Running) -> TcpStream {
    let stream = TcpStream::connect(running.server.address()).unwrap();
    stream.set_read_timeout(Some(STEP_TIME_MAX)).unwrap();
    stream
}

/// Returns what the server says until it closes the connection, or resets it.
pub(crate) async fn said(mut stream: TcpStream) -> Vec<u8> {
    let read = tokio::task::spawn_blocking(move || {
        let mut answer = Vec::new();
        let mut piece = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut piece) {
            answer.extend_from_slice(&piece[..read]);
        }
        answer
    });
    tokio::time::timeout(STEP_TIME_MAX, read)
        .await
        .expect("the server closes it")
        .unwrap()
}

async fn is_alive(running: &Running) {
    assert_eq!(running.run(script(ALL)).await.rows(), 10);
}

/// What is no HTTP/1.1, and is told so.
const NO_HTTP: [&[u8]; 4] = [
    b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n",
    b"*1\r\n$4\r\nPING\r\n",
    b"GET / HTTP/9.9\r\n\r\n",
    &[0xff; 70_000],
];

/// A client's first words over TLS, and some that only begin like them.
const TLS_HELLO: &[u8] = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
const TLS_GARBAGE: &[u8] = b"\x16\x03\x01\x00\x04\xff\x00\x00\x00";

/// A TLS record with a fatal alert, up to what it is about.
const FATAL_ALERT: &[u8] = b"\x15\x03\x03\x00\x02\x02";

/// Returns what the server says to some bytes and the end of the stream.
async fn told(running: &Running, bytes: &[u8]) -> Vec<u8> {
    let mut stream = connect(running);
    // The server may close the connection before it has everything.
    stream.write_all(bytes).unwrap_or_default();
    stream
        .shutdown(std::net::Shutdown::Write)
        .unwrap_or_default();
    said(stream).await
}

async fn no_http_is_refused(running: &Running) {
    for bytes in NO_HTTP {
        let told = String::from_utf8_lossy(&told(running, bytes).await).into_owned();
        assert!(told.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{told}");
        is_alive(running).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_refused_and_hurts_nobody() {
    let running = Running::start(10).await;
    no_http_is_refused(&running).await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff";
    let told = told(&running, preface).await;
    // The server's settings, and a frame that says goodbye because of the size of one of ours.
    assert_eq!(told[3], 4, "{told:?}");
    let goodbye = b"\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x06";
    assert!(
        told.windows(goodbye.len()).any(|part| part == goodbye),
        "{told:?}"
    );
    is_alive(&running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_certificate_clients_of_tls_are_told_by_an_alert() {
    let running = Running::start(10).await;
    for bytes in [TLS_HELLO, TLS_GARBAGE] {
        let handshake_failure = [FATAL_ALERT, &[40]].concat();
        assert_eq!(told(&running, bytes).await, handshake_failure);
        is_alive(&running).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_on_a_port_with_tls_is_refused_and_hurts_nobody() {
    let tls = Some(TlsConfig::SelfSigned { names: Vec::new() });
    let running = Running::start_with(10, QueryLimits::default(), |config| config.tls = tls).await;
    no_http_is_refused(&running).await;
    let told_of_garbage = told(&running, TLS_GARBAGE).await;
    assert!(
        told_of_garbage.starts_with(FATAL_ALERT),
        "{told_of_garbage:?}"
    );
    // Who hangs up in the middle of the handshake needs no answer.
    assert_eq!(told(&running, TLS_HELLO).await, b"");
    is_alive(&running).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unknown_methods_and_old_names_are_understood() {
    let running = Running::start(10).await;
    let call = async |path: &'static str| {
        let mut grpc = tonic::client::Grpc::new(running.service());
        grpc.ready().await.unwrap();
        let codec = tonic_prost::ProstCodec::<
            nixie_api::proto::cloudapi::GetClusterInfoRequest,
            nixie_api::proto::cloudapi::GetClusterInfoResponse,
        >::default();
        let request = tonic::Request::new(Default::default());
        grpc.unary(request, http::uri::PathAndQuery::from_static(path), codec)
            .await
    };
    let answer = call("/pl.cloudapi.VizierClusterInfo/GetClusterInfo")
        .await
        .unwrap();
    assert_eq!(answer.into_inner().clusters.len(), 1);
    for path in [
        "/px.cloudapi.VizierClusterInfo/Nothing",
        "/px.cloudapi.Nothing/Get",
    ] {
        let status = call(path).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}: {status}");
    }
}

/// Asks the server what it serves.
async fn reflected(running: &Running, question: MessageRequest) -> Result<MessageResponse, Status> {
    let mut client = ServerReflectionClient::new(running.service());
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(question),
    };
    let answers = client.server_reflection_info(futures::stream::iter([request]));
    let answer = answers.await?.into_inner().message().await?;
    Ok(answer
        .and_then(|answer| answer.message_response)
        .expect("an answer"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_lists_the_services() {
    let running = Running::start(1).await;
    let question = MessageRequest::ListServices(String::new());
    let list = reflected(&running, question).await.unwrap();
    let MessageResponse::ListServicesResponse(list) = list else {
        panic!("no list: {list:?}")
    };
    let names: Vec<_> = list
        .service
        .into_iter()
        .map(|service| service.name)
        .collect();
    for name in [
        "px.api.vizierpb.VizierService",
        "px.cloudapi.VizierClusterInfo",
    ] {
        assert!(names.contains(&name.to_owned()), "{names:?}");
    }
    // The contract is told as it is written, and not as it is compiled.
    let files = prost_types::FileDescriptorSet::decode(DESCRIPTORS).unwrap();
    let mut messages = files.file.iter().flat_map(|file| &file.message_type);
    let data = messages
        .find(|message| message.name() == "QueryData")
        .unwrap();
    assert_eq!(data.field[0].type_name(), ".px.api.vizierpb.RowBatchData");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_describes_a_service() {
    let running = Running::start(1).await;
    let of = |symbol: &str| MessageRequest::FileContainingSymbol(symbol.to_owned());
    let found = reflected(&running, of("px.api.vizierpb.VizierService"))
        .await
        .unwrap();
    let MessageResponse::FileDescriptorResponse(found) = found else {
        panic!("no file: {found:?}")
    };
    let file = found.file_descriptor_proto[0].as_slice();
    let file = prost_types::FileDescriptorProto::decode(file).unwrap();
    assert_eq!(file.package(), "px.api.vizierpb");
    let mut services = file.service.iter();
    let service = services.find(|service| service.name() == "VizierService");
    let mut methods = service.expect("the service").method.iter();
    let run = methods.find(|method| method.name() == "ExecuteScript");
    let run = run.expect("the method");
    assert_eq!(run.input_type(), ".px.api.vizierpb.ExecuteScriptRequest");
    assert_eq!(run.output_type(), ".px.api.vizierpb.ExecuteScriptResponse");
    assert!(run.server_streaming() && !run.client_streaming());
    let unknown = reflected(&running, of("px.api.vizierpb.Nothing")).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_beyond_the_limit_are_refused_and_the_rest_works() {
    // Both ends of each connection are files of this process.
    let files = Rlimit {
        current: Some(4096),
        maximum: Some(4096),
    };
    setrlimit(Resource::Nofile, files).unwrap_or_default();
    let running = Running::start(10).await;
    let mut held: Vec<TcpStream> = Vec::new();
    let mut client = running.client();
    // This connection is there before the others.
    let first = client.execute_script(script(ALL)).await.unwrap();
    assert_eq!(
        crate::running::Said::all(first.into_inner()).await.rows(),
        10
    );
    for _ in 0..CONNECTIONS_MAX + 50 {
        held.push(connect(&running));
    }
    // The last one of all was refused at once.
    let last = held.pop().unwrap();
    let told = String::from_utf8_lossy(&said(last).await).into_owned();
    assert!(told.starts_with("HTTP/1.1 503 "), "{told}");
    assert!(told.contains("512 connections to this agent"), "{told}");
    let again = client.execute_script(script(ALL)).await.unwrap();
    assert_eq!(
        crate::running::Said::all(again.into_inner()).await.rows(),
        10
    );
    drop(held);
    let deadline = std::time::Instant::now() + STEP_TIME_MAX;
    loop {
        let said = running.run(script(ALL)).await;
        if said.rows() == 10 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "{:?}", said.end);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_says_nothing_is_closed() {
    let running = Running::start(10).await;
    let silent = connect(&running);
    let from = std::time::Instant::now();
    assert!(said(silent).await.is_empty());
    assert!(
        from.elapsed() < Duration::from_secs(15),
        "{:?}",
        from.elapsed()
    );
}
