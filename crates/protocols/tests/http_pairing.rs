//! After losses, no HTTP request is ever given the answer of another.
//!
//! Invented conversations carry a number in each request's path and each answer's header. Bytes
//! are hidden anywhere, in both directions, reported at once or only with the next bytes. Every
//! row must then hold two equal numbers, and exchanges after an idle time must all be there.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use nixie_protocols::testkit::wire::{Step, Wire};
use nixie_protocols::testkit::{ALL, laws, render};
use nixie_protocols::{Limits, Side};
use nixie_types::Role;
use proptest::prelude::*;
use std::sync::Arc;

const MILLISECOND_NS: i64 = 1_000_000;
const IDLE_NS: i64 = 3_000_000_000;

/// How an exchange looks.
#[derive(Clone, Copy, Debug)]
struct Shape {
    head: bool,
    post: bool,
    chunked: bool,
    interim: bool,
    body_bytes: usize,
}

fn shape() -> impl Strategy<Value = Shape> {
    let body = prop_oneof![Just(0usize), 1usize..40, 100usize..300];
    (any::<(bool, bool, bool)>(), 0..10u8, body).prop_map(
        |((post, chunked, interim), head, body_bytes)| Shape {
            head: head == 0,
            post: post && head != 0,
            chunked,
            interim: interim && head == 1,
            body_bytes,
        },
    )
}

fn request(id: usize, shape: Shape) -> Vec<u8> {
    let method = match shape {
        Shape { head: true, .. } => "HEAD",
        Shape { post: true, .. } => "POST",
        _ => "GET",
    };
    let mut text = format!("{method} /{id} HTTP/1.1\r\nHost: a\r\n");
    if shape.post {
        let body = "r".repeat(shape.body_bytes);
        text += &format!("Content-Length: {}\r\n\r\n{body}", body.len());
    } else {
        text += "\r\n";
    }
    text.into_bytes()
}

fn response(id: usize, shape: Shape) -> Vec<u8> {
    let mut text = String::new();
    if shape.interim {
        text += "HTTP/1.1 102 Processing\r\n\r\n";
    }
    text += &format!("HTTP/1.1 200 OK\r\nX-Id: {id}\r\n");
    let body = "b".repeat(shape.body_bytes);
    if shape.chunked {
        text += "Transfer-Encoding: chunked\r\n\r\n";
        if !shape.head {
            for part in body.as_bytes().chunks(50) {
                let part = String::from_utf8(part.to_vec()).unwrap();
                text += &format!("{:x}\r\n{part}\r\n", part.len());
            }
            text += "0\r\n\r\n";
        }
    } else {
        text += &format!("Content-Length: {}\r\n\r\n", body.len());
        if !shape.head {
            text += &body;
        }
    }
    text.into_bytes()
}

/// Batches of requests, each answered before the next batch.
fn conversation(batches: &[Vec<Shape>]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut id = 0;
    for batch in batches {
        let mut requests = Vec::new();
        let mut responses = Vec::new();
        for &shape in batch {
            requests.extend(request(id, shape));
            responses.push(Step::Data(Side::Response, response(id, shape)));
            id += 1;
        }
        steps.push(Step::Data(Side::Request, requests));
        steps.push(Step::Wait(MILLISECOND_NS));
        steps.extend(responses);
        steps.push(Step::Wait(MILLISECOND_NS));
    }
    steps
}

/// Moves each gap to just before the next bytes of its side: a loss that is noticed late.
fn report_late(steps: Vec<Step>) -> Vec<Step> {
    let mut out = Vec::new();
    let mut late: [Option<Step>; 2] = [None, None];
    for step in steps {
        match step {
            Step::Gap(side, bytes) => {
                let slot = &mut late[usize::from(side == Side::Response)];
                let before = match slot {
                    Some(Step::Gap(_, before)) => *before,
                    _ => 0,
                };
                *slot = Some(Step::Gap(side, before + bytes));
            }
            Step::Data(side, data) => {
                out.extend(late[usize::from(side == Side::Response)].take());
                out.push(Step::Data(side, data));
            }
            other => out.push(other),
        }
    }
    out.extend(late.into_iter().flatten());
    out
}

fn number(text: &str) -> usize {
    let digits: String = text
        .chars()
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().unwrap_or(usize::MAX)
}

/// Checks every row and returns the numbers of the exchanges.
fn check(steps: Vec<Step>, mid_stream: bool) -> Vec<usize> {
    let wire = Wire {
        name: "pairing".to_owned(),
        role: Role::Server,
        traced: Role::Server,
        mid_stream,
        foreign: false,
        steps,
    };
    let mut outcome = wire.run(&Arc::new(Limits::default()), &ALL);
    let rows = render::rows(&mut outcome, false);
    rows.iter()
        .map(|row| {
            let value = |name: &str| &row.iter().find(|(column, _)| column == name).unwrap().1;
            let asked = number(value("req_path"));
            let headers = value("resp_headers");
            let answered = number(headers.split("X-Id").nth(1).unwrap_or("none"));
            assert_eq!(asked, answered, "{row:?} of {wire:?}");
            asked
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_go_to_their_own_requests(
        batches in prop::collection::vec(prop::collection::vec(shape(), 1..2), 1..6),
        pipelined in prop::collection::vec(prop::collection::vec(shape(), 1..4), 0..3),
        gaps in prop::collection::vec((any::<bool>(), 0usize..2000, 1usize..300), 0..4),
        late in any::<bool>(),
        mid_stream in any::<bool>(),
    ) {
        let mut batches = batches;
        batches.extend(pipelined);
        let plain = Shape { head: false, post: false, chunked: false, interim: false, body_bytes: 5 };
        let before: usize = batches.iter().map(Vec::len).sum();
        let mut steps = conversation(&batches);
        for (request, at, len) in gaps {
            let side = if request { Side::Request } else { Side::Response };
            steps = laws::hide(&steps, side, at, len);
        }
        if late {
            steps = report_late(steps);
        }
        let lossless = !steps.iter().any(|step| matches!(step, Step::Gap(..)));
        for id in before..before + 3 {
            steps.push(Step::Wait(IDLE_NS));
            steps.push(Step::Data(Side::Request, request(id, plain)));
            steps.push(Step::Wait(MILLISECOND_NS));
            steps.push(Step::Data(Side::Response, response(id, plain)));
        }
        steps.push(Step::Wait(IDLE_NS));
        let seen = check(steps, mid_stream);
        prop_assert_eq!(&seen[seen.len() - 3..], [before, before + 1, before + 2]);
        if lossless && !mid_stream {
            prop_assert_eq!(seen, (0..before + 3).collect::<Vec<_>>());
        }
    }
}
