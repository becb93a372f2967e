//! Kernel tests: real programs, loaded and attached, on processes that the test itself started.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::{Int64Type, UInt32Type};
use nixie_collector::{Collector, Config, Loss, Scope, Sink};
use nixie_metadata::Metadata;
use nixie_types::TableSpec;
use std::io::Write;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

#[derive(Default)]
struct Recorder {
    batches: Mutex<Vec<(&'static str, RecordBatch)>>,
    losses: Mutex<Vec<Loss>>,
}

impl Sink for Recorder {
    fn append(&self, table: &'static TableSpec, rows: RecordBatch) {
        self.batches.lock().unwrap().push((table.name, rows));
    }

    fn lost(&self, loss: &Loss) {
        self.losses.lock().unwrap().push(loss.clone());
    }
}

impl Recorder {
    fn texts(&self, table: &str, column: &str) -> Vec<String> {
        let mut out = Vec::new();
        for (_, batch) in self
            .batches
            .lock()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name == table)
        {
            let array = batch.column_by_name(column).expect("a column");
            match array.as_dictionary_opt::<UInt32Type>() {
                Some(dictionary) => {
                    let values = dictionary.values().as_string::<i32>();
                    let keys = dictionary.keys().values();
                    out.extend(
                        keys.iter()
                            .map(|&key| values.value(key as usize).to_owned()),
                    );
                }
                None => out.extend(array.as_string::<i32>().iter().flatten().map(str::to_owned)),
            }
        }
        out
    }

    fn numbers(&self, table: &str, column: &str) -> Vec<i64> {
        let mut out = Vec::new();
        for (_, batch) in self
            .batches
            .lock()
            .unwrap()
            .iter()
            .filter(|(name, _)| *name == table)
        {
            let array = batch.column_by_name(column).expect("a column");
            out.extend(array.as_primitive::<Int64Type>().values().iter().copied());
        }
        out
    }
}

/// A program that waits for a line on its standard input before it starts, so that the collector
/// is attached first.
struct Waiting(Child);

impl Waiting {
    fn start(program: &str, arguments: &[&str]) -> Self {
        let child = Command::new("unshare")
            .args([
                "--net",
                "sh",
                "-c",
                "ip link set lo up; read line; exec \"$@\"",
                "sh",
                program,
            ])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("unshare is part of util-linux");
        Self(child)
    }

    fn go(mut self) -> i32 {
        self.0
            .stdin
            .take()
            .expect("piped")
            .write_all(b"go\n")
            .expect("the child reads");
        self.0.wait().expect("the child ends").code().unwrap_or(-1)
    }
}

fn trace(program: &str, arguments: &[&str]) -> (Arc<Recorder>, i32) {
    let waiting = Waiting::start(program, arguments);
    let recorder = Arc::new(Recorder::default());
    let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
    let config = Config::new(Scope::Pids(vec![waiting.0.id()]));
    let sink: Arc<dyn Sink> = Arc::<Recorder>::clone(&recorder);
    let collector = Collector::start(&config, metadata, sink).expect("the collector starts");
    let code = waiting.go();
    collector.stop();
    (recorder, code)
}

/// Serves in a thread of its own and asks itself: both ends are in scope.
const PYTHON_HTTP: &str = r#"
import http.client, http.server, threading
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        answer = b'{"got":"' + body + b'"}'
        self.send_response(201)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)
    def log_message(self, *args): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
client = http.client.HTTPConnection('127.0.0.1', server.server_port)
for number in range(20):
    client.request('POST', f'/items/{number}', body=f'n{number}')
    response = client.getresponse()
    assert response.status == 201 and response.read()
client.close()
"#;

#[test]
fn requests_of_a_traced_process_become_rows_of_the_server() {
    let (recorder, code) = trace("python3", &["-c", PYTHON_HTTP]);
    assert_eq!(code, 0);
    let paths = recorder.texts("http_events", "req_path");
    let expected: Vec<String> = (0..20).map(|number| format!("/items/{number}")).collect();
    assert_eq!(paths, expected);
    assert_eq!(recorder.numbers("http_events", "trace_role"), vec![2; 20]);
    assert_eq!(
        recorder.numbers("http_events", "resp_status"),
        vec![201; 20]
    );
    assert_eq!(
        recorder.texts("http_events", "req_method"),
        vec!["POST"; 20]
    );
    assert_eq!(
        recorder.texts("http_events", "remote_addr"),
        vec!["127.0.0.1"; 20]
    );
    let bodies = recorder.texts("http_events", "resp_body");
    assert_eq!(bodies[7], r#"{"got":"n7"}"#);
    assert!(
        recorder
            .numbers("http_events", "latency")
            .iter()
            .all(|&ns| ns > 0)
    );
    assert!(recorder.losses.lock().unwrap().is_empty());
}
