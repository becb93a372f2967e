//! What comes in on the port that is no gRPC call, and too much of it.

use crate::running::{ALL, Running, STEP_TIME_MAX, script};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nixie_api::proto::DESCRIPTORS;
use prost::Message;
use rustix::process::{Resource, Rlimit, setrlimit};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;
use tonic::Code;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

/// LIMIT: connections that a server keeps.
const CONNECTIONS_MAX: usize = 512;

fn connect(running: &Running) -> TcpStream {
    let stream = TcpStream::connect(running.server.address()).unwrap();
    stream.set_read_timeout(Some(STEP_TIME_MAX)).unwrap();
    stream
}

/// Returns what the server says until it closes the connection, or resets it.
async fn said(mut stream: TcpStream) -> Vec<u8> {
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_is_refused_and_hurts_nobody() {
    let running = Running::start(10).await;
    let garbage: [&[u8]; 6] = [
        b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"*1\r\n$4\r\nPING\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        &[0xff; 70_000],
    ];
    for bytes in garbage {
        let mut stream = connect(&running);
        // The server may close the connection before it has everything.
        stream.write_all(bytes).unwrap_or_default();
        stream
            .shutdown(std::net::Shutdown::Write)
            .unwrap_or_default();
        said(stream).await;
        is_alive(&running).await;
    }
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_call_over_http_1() {
    let running = Running::start(10).await;
    let message = script(ALL).encode_to_vec();
    let mut frame = vec![0];
    frame.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
    frame.extend_from_slice(&message);
    let ask = async |token: &str, media_type: &str, body: &[u8]| {
        let mut stream = connect(&running);
        let head = format!(
            "POST /px.api.vizierpb.VizierService/ExecuteScript HTTP/1.1\r\nhost: agent\r\n\
             connection: close\r\ncontent-type: {media_type}\r\naccept: {media_type}\r\n\
             x-grpc-web: 1\r\nauthorization: {token}\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body).unwrap();
        String::from_utf8_lossy(&said(stream).await).into_owned()
    };
    let token = running.server.token().header_value();
    let answer = ask(&token, "application/grpc-web+proto", &frame).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(
        answer.contains("/path/1") && answer.contains("grpc-status:0"),
        "{answer}"
    );
    let text = STANDARD.encode(&frame);
    let answer = ask(&token, "application/grpc-web-text", text.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 200") && !answer.contains("/path/1"),
        "{answer}"
    );
    let answer = ask("", "application/grpc-web+proto", &frame).await;
    assert!(
        answer.contains("grpc-status: 16") || answer.contains("grpc-status:16"),
        "{answer}"
    );
    // gRPC itself is HTTP/2.
    let answer = ask(&token, "application/grpc", &frame).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_lists_the_services() {
    let running = Running::start(1).await;
    let mut client = ServerReflectionClient::new(running.service());
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    let answer = client
        .server_reflection_info(futures::stream::iter([list]))
        .await
        .unwrap();
    let answer = answer.into_inner().message().await.unwrap().unwrap();
    let Some(MessageResponse::ListServicesResponse(list)) = answer.message_response else {
        panic!("no list")
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
