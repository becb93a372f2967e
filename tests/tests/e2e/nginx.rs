//! `px trace` of nginx: exactly the requests that were made, each one right.

use crate::check::rows_tell_of;
use nixie_e2e::{Answer, PORT, Row, Scene, Server, program, rows_of, workload};
use rustix::process::Signal;
use std::collections::BTreeSet;
use std::process::Command;

const REQUESTS: usize = 1000;

/// What a client wrote, the rows, and what px said.
struct Traced {
    client: String,
    rows: Vec<Row>,
    said: String,
}

impl Traced {
    fn is_complete(&self) -> bool {
        !self.said.contains("incomplete")
    }
}

/// Runs a client on a traced nginx.
fn trace_nginx(scene: &Scene, client: &mut Command) -> Traced {
    let rows = scene.path("rows.json");
    let mut trace = scene.px(&["trace", "-o"]);
    trace.arg(&rows).arg("--").arg(program("nginx"));
    let server = Server::start(
        scene,
        "trace",
        trace.args(Server::nginx_arguments(scene, PORT)),
        PORT,
    );
    let client = scene.run("client", client).success();
    let trace = server.into_process();
    trace.signal(Signal::TERM);
    let trace = trace.finish();
    assert_eq!(trace.code(), 0, "{trace:?}");
    let lines = std::fs::read_to_string(rows).unwrap();
    let rows = rows_of("http_events", "table", &lines);
    Traced {
        client,
        rows,
        said: trace.stderr,
    }
}

/// Returns the paths of nginx's own log, in which each line has a status before.
fn logged_paths(log: &str) -> BTreeSet<&str> {
    log.lines().map(|line| &line["200 ".len()..]).collect()
}

/// Reads a line of curl's log.
fn answer(line: &str) -> Answer {
    let mut words = line.split(' ');
    let mut word = || words.next().unwrap_or_else(|| panic!("too short: {line}"));
    let (status, seconds, port, url) = (word(), word(), word(), word());
    let path = url.strip_prefix("http://127.0.0.1:8080").unwrap();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a request takes less than centuries"
    )]
    let latency_ns = (seconds.parse::<f64>().unwrap() * 1e9) as i64;
    Answer {
        path: path.to_owned(),
        status: status.parse().unwrap(),
        body: format!("answer to {path}"),
        latency_ns,
        port: port.parse().unwrap(),
    }
}

#[test]
fn a_thousand_requests_of_curl_are_a_thousand_rows() {
    let scene = Scene::new();
    let urls: String = (0..REQUESTS)
        .map(|number| {
            let folder = if number % 10 == 0 { "missing" } else { "curl" };
            let url = format!("http://127.0.0.1:{PORT}/{folder}/{number}");
            // Options hold for one URL each, up to `next`.
            format!(
                "url = \"{url}\"\nheader = \"X-Marker: of /{folder}/{number}\"\noutput = /dev/null\n\
                 write-out = \"%{{http_code}} %{{time_total}} %{{local_port}} %{{url_effective}}\\n\"\n\
                 silent\nnext\n"
            )
        })
        .collect();
    let urls = scene.write("urls", urls.trim_end_matches("next\n"));
    let mut curl = Command::new(program("curl"));
    let traced = trace_nginx(&scene, curl.arg("--config").arg(urls));
    assert!(traced.is_complete(), "{}", traced.said);
    let answers: Vec<Answer> = traced.client.lines().map(answer).collect();
    assert_eq!(answers.len(), REQUESTS);
    assert_eq!(
        answers.iter().filter(|answer| answer.status == 404).count(),
        REQUESTS / 10
    );
    rows_tell_of(&answers, &traced.rows);
}

#[test]
fn a_thousand_requests_of_wrk_are_a_thousand_rows() {
    let scene = Scene::new();
    let mut wrk = Command::new(program("wrk"));
    // One connection: wrk stops at a number of answers, and others could be under way by then.
    wrk.args(["-t1", "-c1", "-d2s", "-s"])
        .arg(workload("count.lua"));
    let traced = trace_nginx(&scene, wrk.arg(format!("http://127.0.0.1:{PORT}/")));
    let rows = &traced.rows;
    assert!(
        traced.client.contains("1000 requests in"),
        "{}",
        traced.client
    );
    assert!(traced.is_complete(), "{}", traced.said);
    // What nginx says; wrk makes up one request more than it sends.
    let log = std::fs::read_to_string(scene.path("access-8080.log")).unwrap();
    let expected = logged_paths(&log);
    let paths: BTreeSet<&str> = rows.iter().map(|row| row.text("req_path")).collect();
    assert_eq!(paths, expected);
    assert_eq!(expected.len(), REQUESTS);
    assert_eq!(rows.len(), REQUESTS);
    for row in rows {
        assert_eq!(row.number("resp_status"), 200, "{row:?}");
        assert_eq!(
            row.text("resp_body"),
            format!("answer to {}", row.text("req_path"))
        );
        assert_eq!(row.number("trace_role"), 2, "{row:?}");
        // All of them together took two seconds.
        assert!(
            (1..2_000_000_000).contains(&row.number("latency")),
            "{row:?}"
        );
    }
}

/// As fast as both can, on several connections: nothing is missing unless px says so.
#[test]
fn a_burst_is_complete_or_said_not_to_be() {
    let scene = Scene::new();
    let mut wrk = Command::new(program("wrk"));
    wrk.args(["-t1", "-c16", "-d1s", "-s"])
        .arg(workload("paths.lua"));
    let traced = trace_nginx(&scene, wrk.arg(format!("http://127.0.0.1:{PORT}/")));
    let log = std::fs::read_to_string(scene.path("access-8080.log")).unwrap();
    let expected = logged_paths(&log);
    let paths: BTreeSet<&str> = traced.rows.iter().map(|row| row.text("req_path")).collect();
    assert_eq!(paths.len(), traced.rows.len(), "a request has two rows");
    assert!(paths.is_subset(&expected), "a row without a request");
    let missing = expected.len() - paths.len();
    assert!(expected.len() > REQUESTS);
    assert_eq!(
        missing == 0,
        traced.is_complete(),
        "{missing} missing: {}",
        traced.said
    );
}
