//! Bytes that are not what they should be, on a traced port.

use crate::check::rows_tell_of;
use nixie_e2e::{Answer, Connection, PORT, Row, Scene, Server, get, program, send_raw, workload};
use std::process::Command;

/// LIMIT: memory that the agent may hold for all of it, above what it held before.
const GROWTH_BYTES_MAX: u64 = 64 << 20;

/// Bytes without a meaning; always the same ones.
fn noise(count: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    let byte = || {
        // Xorshift.
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    std::iter::repeat_with(byte).take(count).collect()
}

fn request(rest: &str) -> Vec<u8> {
    format!("GET /bad HTTP/1.1\r\nHost: test\r\n{rest}").into_bytes()
}

/// What bad clients send, by name.
fn bad_inputs() -> Vec<(&'static str, Vec<u8>)> {
    let many: String = (0..5000)
        .map(|number| format!("X-{number}: {number}\r\n"))
        .collect();
    let long = "a".repeat(300_000);
    vec![
        ("no version", b"GET /bad\r\n\r\n".to_vec()),
        ("no path", b"GET  HTTP/1.1\r\n\r\n".to_vec()),
        ("bad version", b"GET /bad HTTP/9.9\r\n\r\n".to_vec()),
        (
            "lines without carriage return",
            b"GET /bad HTTP/1.1\nHost: test\n\n".to_vec(),
        ),
        ("truncated first line", b"GET /ba".to_vec()),
        ("truncated head", request("X-Cut: of")),
        ("header without colon", request("no colon here\r\n\r\n")),
        ("header with a zero byte", request("X: \0\r\n\r\n")),
        ("header of 300 kB", request(&format!("X: {long}\r\n\r\n"))),
        ("5,000 headers", request(&format!("{many}\r\n"))),
        (
            "path of 300 kB",
            format!("GET /{long} HTTP/1.1\r\n\r\n").into_bytes(),
        ),
        (
            "body shorter than its length",
            request("Content-Length: 1000\r\n\r\nshort"),
        ),
        ("negative length", request("Content-Length: -5\r\n\r\n")),
        (
            "length beyond 64 bits",
            request("Content-Length: 99999999999999999999\r\n\r\n"),
        ),
        (
            "two lengths",
            request("Content-Length: 1\r\nContent-Length: 2\r\n\r\n"),
        ),
        (
            "bad chunk",
            request("Transfer-Encoding: chunked\r\n\r\nzz\r\nxx\r\n"),
        ),
        (
            "huge chunk",
            request("Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nxx"),
        ),
        (
            "a response",
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".to_vec(),
        ),
        (
            "a TLS hello",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".repeat(20),
        ),
        ("zero bytes", vec![0; 10_000]),
        ("noise", noise(200_000)),
        ("nothing", Vec::new()),
    ]
}

/// Paths on which the server answers with what is no proper response.
const BAD_ANSWERS: [&str; 3] = ["/garbage", "/wrong-length", "/bad-status"];

#[test]
fn do_no_harm_to_what_is_good() {
    let scene = Scene::new();
    let mut python = Command::new(program("python3"));
    python.arg(workload("sockets.py")).arg(PORT.to_string());
    let server = Server::start(&scene, "sockets", &mut python, PORT);
    let agent = scene.up(&server.scope());
    let before = agent.process().resident_bytes();
    let mut kept = Connection::open(server.address());
    let mut good: Vec<Answer> = vec![kept.get("/good/first")];
    for (number, (_, bytes)) in bad_inputs().into_iter().enumerate() {
        send_raw(server.address(), &bytes);
        good.push(get(server.address(), &format!("/good/{number}")));
    }
    for path in BAD_ANSWERS {
        send_raw(
            server.address(),
            format!("GET {path} HTTP/1.1\r\n\r\n").as_bytes(),
        );
        good.push(kept.get(&format!("/good/after{path}")));
    }
    let is_good = |row: &Row| row.text("req_path").starts_with("/good");
    let mut rows = Vec::new();
    nixie_e2e::wait("all good requests have rows", || {
        rows = agent.requests();
        rows.iter().filter(|row| is_good(row)).count() >= good.len()
    });
    let (of_good, of_bad): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(is_good);
    rows_tell_of(&good, &of_good);
    for row in &of_bad {
        // A bad request may have a row, but never one that nobody sent.
        let path = row.text("req_path");
        let known = path == "/bad" || path.starts_with("/aaa") || BAD_ANSWERS.contains(&path);
        assert!(known && path.len() < 100_000, "{row:?}");
    }
    let growth = agent.process().resident_bytes().saturating_sub(before);
    assert!(growth < GROWTH_BYTES_MAX, "{growth} bytes more");
    assert_eq!(agent.interrupt().code(), 0);
}
