use super::*;
use crate::access::{NewKey, Role};
use crate::agent::tests::{HTTP, agent, batch};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::LogicalPlanBuilder;
use datafusion::prelude::{col, lit};
use nixie_api::{
    End, ErrorKind, ErrorReport, Event, Language, Lost, QueryRequest, ResponseReader,
    TablesResponse,
};
use nixie_pxl::{
    Catalog, CompileOptions, Diagnostic, FunctionCall, Output, OutputColumn, Program, Scan,
};
use nixie_query::TableCatalog;
use nixie_types::Loss;
use nixie_types::{DataType, SemanticType};
use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// Understands a few words, each a plan; everything else is an error at line 1, column 3.
fn compile(
    engine: &Engine,
    script: &str,
    _: &CompileOptions,
    _: &[FunctionCall],
) -> Result<Program, Vec<Diagnostic>> {
    let source = TableCatalog::new(Arc::clone(engine.store()))
        .table("http_events")
        .unwrap();
    let scan = |name: &str| LogicalPlanBuilder::scan(name, Arc::clone(&source), None).unwrap();
    let n = count(lit(1)).alias("n");
    let plan = match script {
        "count" => scan("http_events")
            .aggregate(vec![col("req_path")], vec![n])
            .unwrap(),
        "rows" => scan("http_events").project(vec![col("req_path")]).unwrap(),
        "slow" => {
            let pairs = scan("a").cross_join(scan("b").build().unwrap()).unwrap();
            let pairs = pairs.cross_join(scan("c").build().unwrap()).unwrap();
            pairs
                .aggregate(Vec::<datafusion::prelude::Expr>::new(), vec![n])
                .unwrap()
        }
        other => {
            return Err(vec![Diagnostic {
                code: "unknown-word",
                message: format!("unknown word `{other}`"),
                line: 1,
                column: 3,
                width: 4,
                help: Some("did you mean `count`?".to_owned()),
            }]);
        }
    };
    let column = OutputColumn {
        name: "req_path".to_owned(),
        data_type: DataType::String,
        semantic_type: SemanticType::None,
    };
    let scan = Scan {
        table: "http_events".to_owned(),
        start_ns: Some(0),
        end_ns: None,
    };
    let plan = plan.build().unwrap();
    let output = Output {
        name: "out".to_owned(),
        columns: vec![column],
        plan,
        scans: vec![scan],
        ..Output::default()
    };
    Ok(Program {
        outputs: vec![output],
        ..Program::default()
    })
}

fn config(listen: &str, folder: &std::path::Path) -> ServerConfig {
    ServerConfig {
        listen: listen.parse().unwrap(),
        runtime_folder: folder.to_owned(),
        state_folder: folder.join("state"),
        tls: None,
        oidc: None,
        queries_max: 1,
        version: "1.2.3".to_owned(),
        log: Arc::default(),
        bundled: Arc::default(),
    }
}

struct Running {
    server: Server,
    agent: Arc<Agent>,
    folder: tempfile::TempDir,
}

async fn start() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let agent = Arc::new(agent());
    agent.sink().append(&HTTP, batch(0, 1000));
    let config = config("127.0.0.1:0", folder.path());
    let server = Server::start_with(config, Arc::clone(&agent), compile)
        .await
        .unwrap();
    Running {
        server,
        agent,
        folder,
    }
}

impl Running {
    /// Sends a request; returns status and body.
    async fn request(&self, method: &str, path: &str, token: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = self.send(method, path, token, body);
        tokio::task::spawn_blocking(move || {
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            split(&answer)
        })
        .await
        .unwrap()
    }

    fn send(&self, method: &str, path: &str, token: &str, body: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(self.server.address()).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.0\r\nhost: agent\r\nauthorization: {token}\r\n\
             content-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        // The server may answer, and close, before it has read all of a large body.
        stream.write_all(body).unwrap_or_default();
        stream
    }

    fn query(script: &str) -> Vec<u8> {
        let request = QueryRequest {
            script: script.to_owned(),
            ..QueryRequest::default()
        };
        serde_json::to_vec(&request).unwrap()
    }

    async fn ask(&self, script: &str) -> (u16, Vec<u8>) {
        let token = self.server.token().header_value();
        self.request("POST", "/api/v1/query", &token, &Self::query(script))
            .await
    }
}

/// Splits an HTTP/1.0 answer into its status and its body.
fn split(answer: &[u8]) -> (u16, Vec<u8>) {
    let end = answer
        .windows(4)
        .position(|window| window == b"\r\n\r\n")
        .expect("a head");
    let status = String::from_utf8_lossy(&answer[9..12])
        .parse()
        .expect("a status");
    (status, answer[end + 4..].to_vec())
}

fn events(body: &[u8]) -> Vec<Event> {
    let mut reader = ResponseReader::new(BufReader::new(body));
    std::iter::from_fn(|| reader.next_event().unwrap()).collect()
}

fn report(body: &[u8]) -> ErrorReport {
    serde_json::from_slice(body).expect("an error report")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_runs_and_tells_how_complete_its_result_is() {
    let running = start().await;
    let reason = "ring buffer full";
    running.agent.sink().lost(&Loss {
        table: None,
        start_ns: 1,
        end_ns: 2,
        reason,
        events: 3,
        bytes: 4,
    });
    let (status, body) = running.ask("count").await;
    assert_eq!(status, 200);
    let events = events(&body);
    let (Some(Event::Table(table)), [.., Event::TableEnd(end), Event::End(all)]) =
        (events.first(), events.as_slice())
    else {
        panic!("{events:?}")
    };
    assert_eq!(
        (table.name.as_str(), table.columns[0].data_type.as_str()),
        ("out", "STRING")
    );
    let counts_of = |event: &Event| match event {
        Event::Rows(rows) => rows.column(1).as_primitive::<Int64Type>().values().to_vec(),
        _ => Vec::new(),
    };
    assert_eq!(
        events.iter().flat_map(counts_of).collect::<Vec<_>>(),
        [100; 10]
    );
    assert_eq!((end.rows, end.scans[0].rows), (10, 1000));
    let lost = Lost {
        reason: reason.to_owned(),
        count: 3,
        bytes: 4,
    };
    assert_eq!(
        (&end.completeness.lost, all),
        (&vec![lost], &End { tables: 1 })
    );
}

/// Starts one that understands PxL and SQL.
async fn start_whole() -> Running {
    let folder = tempfile::tempdir().unwrap();
    let agent = Arc::new(agent());
    agent.sink().append(&HTTP, batch(0, 1000));
    let config = config("127.0.0.1:0", folder.path());
    let server = Server::start(config, Arc::clone(&agent)).await.unwrap();
    Running {
        server,
        agent,
        folder,
    }
}

impl Running {
    /// Returns a new API key.
    fn key(&self, role: Role) -> NewKey {
        let keys = KeyStore::open(&self.folder.path().join("state")).unwrap();
        keys.create("tests", role).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_ends_the_stream_that_it_follows() {
    let running = start_whole().await;
    let NewKey { info, key } = running.key(Role::Viewer);
    let token = format!("Bearer {key}");
    let script = "import px\npx.display(px.DataFrame('http_events').stream(), 'all')";
    let query = Running::query(script);
    let followed = running.request("POST", "/api/v1/query", &token, &query);
    let revoked = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let keys = KeyStore::open(&running.folder.path().join("state")).unwrap();
        keys.revoke(info.id).unwrap()
    };
    let both = async { tokio::join!(followed, revoked) };
    let both = tokio::time::timeout(Duration::from_secs(20), both).await;
    let ((status, body), is_revoked) = both.expect("the stream ends");
    assert!(status == 200 && is_revoked, "{status}");
    let events = events(&body);
    let Some(Event::Error(report)) = events.last() else {
        panic!("{events:?}")
    };
    assert_eq!(report.kind, ErrorKind::Unauthorized);
    assert!(report.message.contains("key was revoked"), "{report:?}");
    assert!(events.iter().any(|event| matches!(event, Event::Rows(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_that_divides_by_zero_is_told_and_noted_as_its_own_fault() {
    let running = start_whole().await;
    let query = "SELECT latency / (latency - 5) AS wrong FROM http_events";
    let events = running.ask_sql(query).await;
    let Some(Event::Error(report)) = events.last() else {
        panic!("{events:?}")
    };
    assert_eq!(report.kind, ErrorKind::Query);
    let failures = running.failures().await;
    let [(3, message)] = failures.as_slice() else {
        panic!("{failures:?}")
    };
    assert!(message.contains("Divide by zero"), "{message}");
}

/// Exports to an endpoint that the request names.
const EXPORT: &str = "import px
df = px.DataFrame('http_events').head(3)
px.export(df, px.otel.Data(
    resource={'service.name': df.req_path},
    data=[px.otel.metric.Gauge(name='latency', value=df.latency)],
))
";

/// Returns the query that exports to where nobody listens.
fn export_query() -> Vec<u8> {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let request = QueryRequest {
        script: EXPORT.to_owned(),
        otel_endpoint: Some(nixie_api::OtelEndpoint {
            url: closed.local_addr().unwrap().to_string(),
            headers: std::collections::BTreeMap::new(),
            insecure: true,
            timeout_s: Some(1),
        }),
        ..QueryRequest::default()
    };
    serde_json::to_vec(&request).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_viewer_cannot_make_the_agent_send_rows_away() {
    let running = start_whole().await;
    let token = format!("Bearer {}", running.key(Role::Viewer).key);
    let (_, body) = running
        .request("POST", "/api/v1/query", &token, &export_query())
        .await;
    let [Event::Error(report)] = &*events(&body) else {
        panic!("one error")
    };
    assert_eq!(report.kind, ErrorKind::Unauthorized);
    assert!(
        report
            .message
            .contains("needs the role `editor`; yours is `viewer`"),
        "{report:?}"
    );
    let hint = report.hint.as_deref().unwrap();
    assert!(hint.contains("--role editor"), "{report:?}");
}

impl Running {
    async fn ask_sql(&self, query: &str) -> Vec<Event> {
        let request = QueryRequest {
            script: query.to_owned(),
            language: Language::Sql,
            ..QueryRequest::default()
        };
        let request = serde_json::to_vec(&request).unwrap();
        let token = self.server.token().header_value();
        let answer = self.request("POST", "/api/v1/query", &token, &request);
        events(&answer.await.1)
    }

    /// Returns code and message of the queries that failed, as the table of queries has them.
    async fn failures(&self) -> Vec<(i64, String)> {
        let query = "SELECT status, message FROM api_queries WHERE status <> 0 ORDER BY time_";
        let mut failures = Vec::new();
        for event in self.ask_sql(query).await {
            if let Event::Rows(rows) = event {
                let codes = rows.column(0).as_primitive::<Int64Type>();
                let messages = rows.column(1).as_string::<i32>();
                let messages = messages.iter().map(|text| text.unwrap().to_owned());
                failures.extend(codes.values().iter().copied().zip(messages));
            }
        }
        failures
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_that_did_not_arrive_is_noted_as_a_failure() {
    let running = start_whole().await;
    let token = format!("Bearer {}", running.key(Role::Editor).key);
    let (_, body) = running
        .request("POST", "/api/v1/query", &token, &export_query())
        .await;
    let events = events(&body);
    let [Event::Export(report), Event::End(_)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!(report.points.dropped, 3, "{report:?}");
    let failures = running.failures().await;
    let [(14, message)] = failures.as_slice() else {
        panic!("{failures:?}")
    };
    assert!(
        message.starts_with("3 of 3 points were not exported to `127.0.0.1:"),
        "{message}"
    );
    assert!(message.contains("given up"), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_started_understands_pxl() {
    let running = start_whole().await;
    let script = "import px\npx.display(px.DataFrame('http_events').head(3), 'first')";
    let (_, body) = running.ask(script).await;
    let events = events(&body);
    let [
        Event::Table(table),
        Event::Rows(rows),
        Event::TableEnd(_),
        Event::End(_),
    ] = events.as_slice()
    else {
        panic!("{events:?}")
    };
    assert_eq!(
        (table.name.as_str(), table.columns[2].data_type.as_str()),
        ("first", "INT64")
    );
    assert_eq!(
        rows.column(2).as_primitive::<Int64Type>().values().to_vec(),
        [0, 1, 2]
    );
    let (_, body) = running.ask("px.display(nothing)").await;
    let [Event::Error(report)] = &*self::events(&body) else {
        panic!("no error")
    };
    assert_eq!(report.diagnostics[0].line, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_of_a_script_come_with_their_place() {
    let running = start().await;
    let (status, body) = running.ask("cuont").await;
    let events = events(&body);
    let [Event::Error(report)] = events.as_slice() else {
        panic!("{events:?}")
    };
    assert_eq!((status, report.kind), (200, ErrorKind::Script));
    let diagnostic = &report.diagnostics[0];
    assert_eq!(
        (diagnostic.line, diagnostic.column, diagnostic.width),
        (1, 3, 4)
    );
    assert_eq!(diagnostic.help.as_deref(), Some("did you mean `count`?"));
    let failures = running.failures().await;
    let why = "script `` has an error: 1:3 unknown-word unknown word `cuont`";
    assert_eq!(failures, [(3, why.to_owned())]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_holder_of_the_token_is_let_in() {
    let running = start().await;
    for path in ["/api/v1/tables", "/api/v1/version"] {
        for token in ["", "Bearer wrong"] {
            let (status, body) = running.request("GET", path, token, b"").await;
            assert_eq!((status, report(&body).kind), (401, ErrorKind::Unauthorized));
        }
    }
    let query = Running::query("count");
    assert_eq!(
        running.request("POST", "/api/v1/query", "", &query).await.0,
        401
    );
    assert_eq!(
        running.request("GET", "/healthz", "", b"").await,
        (200, b"ok\n".to_vec())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tables_tell_columns_and_content() {
    let running = start().await;
    let token = running.server.token().header_value();
    let (status, body) = running.request("GET", "/api/v1/tables", &token, b"").await;
    assert_eq!(status, 200);
    let tables: TablesResponse = serde_json::from_slice(&body).unwrap();
    let [own, table] = tables.tables.as_slice() else {
        panic!("{tables:?}")
    };
    assert_eq!(own.name, "api_queries");
    assert_eq!((table.name.as_str(), table.rows), ("http_events", 1000));
    assert_eq!((table.min_time_ns, table.max_time_ns), (Some(0), Some(999)));
    assert_eq!(table.columns[0].semantic_type, "ST_TIME_NS");
    let (_, body) = running.request("GET", "/api/v1/version", &token, b"").await;
    let version: nixie_api::VersionResponse = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (version.version.as_str(), version.hostname.as_str()),
        ("1.2.3", "host")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_that_are_none_are_refused() {
    let running = start().await;
    let token = running.server.token().header_value();
    for body in [b"".as_slice(), b"{", b"{\"script\": 1}", b"\xff\xfe"] {
        let (status, body) = running.request("POST", "/api/v1/query", &token, body).await;
        assert_eq!((status, report(&body).kind), (400, ErrorKind::Request));
    }
    let large = vec![b' '; nixie_api::REQUEST_BYTES_MAX + 1];
    let (status, body) = running
        .request("POST", "/api/v1/query", &token, &large)
        .await;
    assert_eq!((status, report(&body).kind), (413, ErrorKind::Request));
    assert_eq!(
        running
            .request("GET", "/api/v1/nothing", &token, b"")
            .await
            .0,
        404
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_that_a_path_does_not_have_is_told_with_those_that_it_has() {
    let running = start().await;
    let token = running.server.token().header_value();
    for (method, path, allowed) in [
        ("GET", "/api/v1/query", "POST"),
        ("PUT", "/api/v1/query", "POST"),
        ("POST", "/api/v1/tables", "GET,HEAD"),
        ("PATCH", "/api/v1/api-keys", "GET,HEAD,POST"),
        ("POST", "/api/v1/login", "GET,HEAD"),
        ("DELETE", "/healthz", "GET,HEAD"),
    ] {
        let mut stream = running.send(method, path, &token, b"");
        let read = tokio::task::spawn_blocking(move || {
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).unwrap();
            answer
        });
        let answer = read.await.unwrap();
        let (status, body) = split(&answer);
        assert_eq!(
            (status, report(&body).kind),
            (405, ErrorKind::Request),
            "{path}"
        );
        let message = report(&body).message;
        assert!(message.contains(&format!("`{method}`")), "{message}");
        let head = String::from_utf8_lossy(&answer).to_ascii_lowercase();
        let allow = format!("\r\nallow: {}\r\n", allowed.to_ascii_lowercase());
        assert!(head.contains(&allow), "{path}: {head}");
    }
    let (status, _) = running.request("GET", "/api/v1/query", "", b"").await;
    assert_eq!(status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_sql_does_not_have_is_refused() {
    let running = start().await;
    let token = running.server.token().header_value();
    for body in [
        r#"{"script": "x", "language": "sql", "arguments": {"a": "1"}}"#,
        r#"{"script": "x", "language": "sql", "functions": [{"function": "f", "output": "o"}]}"#,
    ] {
        let (status, answer) = running
            .request("POST", "/api/v1/query", &token, body.as_bytes())
            .await;
        let report = report(&answer);
        assert_eq!((status, report.kind), (400, ErrorKind::Request));
        assert!(report.message.contains("are for PxL"), "{report:?}");
    }
    let events = running.ask_sql("SELECT 1 AS one").await;
    assert!(matches!(events.last(), Some(Event::End(_))), "{events:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_query_too_many_waits_until_a_client_leaves() {
    let running = start().await;
    let token = running.server.token().header_value();
    let slow = running.send("POST", "/api/v1/query", &token, &Running::query("slow"));
    let deadline = Instant::now() + Duration::from_secs(20);
    // The slow query may not have begun yet.
    while running.server_has_room().await {
        assert!(Instant::now() < deadline, "the slow query never began");
    }
    drop(slow);
    let (status, _) = running.ask("count").await;
    assert_eq!(status, 200);
    assert!(Instant::now() < deadline, "the slow query went on");
}

impl Running {
    async fn server_has_room(&self) -> bool {
        let answer = tokio::time::timeout(Duration::from_millis(500), self.ask("count"));
        answer.await.is_ok_and(|(status, _)| status == 200)
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_agent_on_the_same_port_is_told_so() {
    let running = start().await;
    let listen = running.server.address();
    let config = config(&listen.to_string(), running.folder.path());
    let error = Server::start(config, Arc::new(agent()))
        .await
        .expect_err("port in use");
    let text = error.to_string();
    assert!(
        text.starts_with(&format!("address `{listen}` is already in use")),
        "{text}"
    );
    // The first one can still be found and asked.
    let file = running.folder.path().join("endpoint.json");
    let endpoint = nixie_api::Endpoint::read(&file).unwrap();
    assert_eq!(&endpoint.token().unwrap(), running.server.token());
}

#[tokio::test]
async fn addresses_that_others_can_reach_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "192.0.2.1:4747", "[::]:0"] {
        let config = config(address, folder.path());
        let error = Server::start(config, Arc::new(agent()))
            .await
            .expect_err("not loopback");
        assert!(matches!(error, ServerError::WithoutTls(_)), "{error}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_removes_the_files_and_frees_the_port() {
    let Running { server, folder, .. } = start().await;
    let address = server.address();
    server.stop().await;
    let left: Vec<_> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(left, ["state"]);
    assert!(TcpStream::connect(address).is_err());
}
