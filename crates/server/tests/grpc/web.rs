//! gRPC-web: what browsers call, over HTTP/1.1.

use crate::connections::{connect, said};
use crate::running::{ALL, Running, Said, script};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use nixie_api::proto::vizierpb::ExecuteScriptResponse;
use prost::Message;
use std::io::Write;

/// Marks the frame that ends an answer; its content are headers.
const TRAILERS: u8 = 0x80;

/// A message in a frame.
fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).unwrap().to_be_bytes();
    [&[0], length.as_slice(), message].concat()
}

/// Calls the service; returns the head of the answer and its body.
async fn ask(running: &Running, token: &str, media_type: &str, body: &[u8]) -> (String, Vec<u8>) {
    let mut stream = connect(running);
    let head = format!(
        "POST /px.api.vizierpb.VizierService/ExecuteScript HTTP/1.1\r\nhost: agent\r\n\
         connection: close\r\ncontent-type: {media_type}\r\naccept: {media_type}\r\n\
         x-grpc-web: 1\r\nauthorization: {token}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body).unwrap();
    let answer = said(stream).await;
    let end = answer.windows(4).position(|part| part == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.expect("the end of the head") + 4);
    let head = String::from_utf8(head.to_ascii_lowercase()).unwrap();
    let body = match head.contains("transfer-encoding: chunked") {
        true => whole(body),
        false => body.to_vec(),
    };
    (head, body)
}

/// Joins the chunks of a body.
fn whole(mut chunked: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let line = chunked.windows(2).position(|part| part == b"\r\n");
        let (size, rest) = chunked.split_at(line.expect("a chunk"));
        let size = usize::from_str_radix(std::str::from_utf8(size).unwrap(), 16).unwrap();
        body.extend_from_slice(&rest[2..2 + size]);
        chunked = &rest[2 + size + 2..];
        if size == 0 {
            return body;
        }
    }
}

/// Reads the frames of a body: what the script said, and the headers at the end.
fn read(mut body: &[u8]) -> (Said, String) {
    let (mut said, mut trailers) = (Said::default(), String::new());
    while let [kind, a, b, c, d, rest @ ..] = body {
        let length = u32::from_be_bytes([*a, *b, *c, *d]) as usize;
        let (content, rest) = rest.split_at(length);
        match *kind {
            0 => said.add(ExecuteScriptResponse::decode(content).unwrap()),
            TRAILERS => trailers.push_str(std::str::from_utf8(content).unwrap()),
            other => panic!("a frame of kind {other}"),
        }
        body = rest;
    }
    assert!(body.is_empty(), "{body:?}");
    (said, trailers)
}

fn check(body: &[u8]) {
    let (said, trailers) = read(body);
    assert_eq!((said.tables.len(), said.rows()), (1, 10));
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
    let text = String::from_utf8_lossy(body);
    assert!((0..10).all(|row| text.contains(&format!("/path/{row}"))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_get_rows_in_bytes_and_in_text() {
    let running = Running::start(10).await;
    let token = running.server.token().header_value();
    let request = frame(&script(ALL).encode_to_vec());
    let media_type = "application/grpc-web+proto";
    let (head, body) = ask(&running, &token, media_type, &request).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    check(&body);
    let media_type = "application/grpc-web-text";
    let text = STANDARD.encode(&request);
    let (head, body) = ask(&running, &token, media_type, text.as_bytes()).await;
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(
        head.contains(&format!("content-type: {media_type}")),
        "{head}"
    );
    // Pieces are encoded one by one, each with its padding.
    let quanta = body
        .chunks(4)
        .map(|quantum| STANDARD.decode(quantum).unwrap());
    check(&quanta.collect::<Vec<_>>().concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers_without_credentials_and_other_protocols_are_refused() {
    let running = Running::start(10).await;
    let token = running.server.token().header_value();
    let request = frame(&script(ALL).encode_to_vec());
    let (head, body) = ask(&running, "", "application/grpc-web+proto", &request).await;
    assert!(head.contains("\r\ngrpc-status: 16\r\n"), "{head}");
    assert_eq!(read(&body).0.rows(), 0);
    // gRPC itself is HTTP/2.
    let (head, _) = ask(&running, &token, "application/grpc", &request).await;
    assert!(head.starts_with("http/1.1 400"), "{head}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_other_origins_may_read_nothing() {
    let running = Running::start(1).await;
    for path in [
        "/px.api.vizierpb.VizierService/ExecuteScript",
        "/api/v1/query",
    ] {
        let mut stream = connect(&running);
        let head = format!(
            "OPTIONS {path} HTTP/1.1\r\nhost: agent\r\nconnection: close\r\n\
             origin: https://page.example\r\naccess-control-request-method: POST\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let answer = String::from_utf8(said(stream).await).unwrap();
        let answer = answer.to_ascii_lowercase();
        assert!(answer.starts_with("http/1.1 4"), "{path}: {answer}");
        assert!(!answer.contains("access-control-"), "{path}: {answer}");
    }
}
