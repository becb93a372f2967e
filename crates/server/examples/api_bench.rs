//! Times scripts over gRPC, from a client over loopback to a server with rows of `http_events`.
//!
//! Prints one JSON line for each measure; `make bench CASE=api` runs it.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark fails by panicking"
)]

use mimalloc::MiMalloc;
use nixie_api::proto::vizierpb::ExecuteScriptRequest;
use nixie_api::proto::vizierpb::RowBatchData;
use nixie_api::proto::vizierpb::execute_script_response::Result as Content;
use nixie_api::proto::vizierpb::vizier_service_client::VizierServiceClient;
use nixie_metadata::Metadata;
use nixie_query::{DataAccess, QueryLimits};
use nixie_server::{Agent, AgentConfig, Server, ServerConfig};
use nixie_types::{DataType, Rows, TableSpec, Upid};
use prost::Message;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status};

/// As in `px`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const ROWS: i64 = 1_000_000;
/// About what a busy agent hands over at once.
const BATCH_ROWS: i64 = 4096;
const TABLE_BYTES_MAX: usize = 8 << 30;
const ROUNDS: usize = 101;

const FIRST_ROWS: &str = "import px\npx.display(px.DataFrame('http_events').head(10))\n";
const ALL_ROWS: &str = "import px\n#px:set max_output_rows_per_table=0\n\
    px.display(px.DataFrame('http_events'))\n";

type Client = VizierServiceClient<InterceptedService<Channel, Token>>;

#[derive(Clone)]
struct Token(String);

impl tonic::service::Interceptor for Token {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request
            .metadata_mut()
            .insert("authorization", self.0.parse().unwrap());
        Ok(request)
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let folder = tempfile::tempdir().unwrap();
    let spec = http_events();
    let agent = agent(spec);
    let config = ServerConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        runtime_folder: folder.path().join("run"),
        state_folder: folder.path().join("state"),
        tls: None,
        oidc: None,
        queries_max: 8,
        version: String::new(),
        log: Arc::default(),
        bundled: Arc::default(),
    };
    let server = Server::start(config, agent).await.unwrap();
    let endpoint = Endpoint::from_shared(format!("http://{}", server.address())).unwrap();
    let channel = endpoint.connect().await.unwrap();
    let token = Token(server.token().header_value());
    let mut client = VizierServiceClient::new(InterceptedService::new(channel, token));

    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let (rows, time) = run(&mut client, FIRST_ROWS, false).await;
        assert_eq!(rows, 10);
        times.push(time.as_secs_f64() * 1e3);
    }
    times.sort_unstable_by(f64::total_cmp);
    tell("10 rows: median time", times[ROUNDS / 2], "ms");
    for (name, decode) in [("received", false), ("received and decoded", true)] {
        let (rows, time) = run(&mut client, ALL_ROWS, decode).await;
        assert_eq!(rows, ROWS);
        tell(
            &format!("{ROWS} rows {name}"),
            rows as f64 / time.as_secs_f64(),
            "rows/s",
        );
    }
    server.stop().await;
}

/// Runs a script to its end; returns its rows and the time that it took.
async fn run(client: &mut Client, script: &str, decode: bool) -> (i64, Duration) {
    let started = Instant::now();
    let request = ExecuteScriptRequest {
        query_str: script.to_owned(),
        ..ExecuteScriptRequest::default()
    };
    let mut stream = client.execute_script(request).await.unwrap().into_inner();
    let mut rows = 0;
    while let Some(message) = stream.message().await.unwrap() {
        let Some(Content::Data(data)) = message.result else {
            continue;
        };
        if decode {
            rows += RowBatchData::decode(data.batch).unwrap().num_rows;
        } else if let Some(stats) = data.execution_stats {
            rows += stats
                .records_processed
                .min(if script == FIRST_ROWS { 10 } else { ROWS });
        }
    }
    (rows, started.elapsed())
}

fn tell(name: &str, value: f64, unit: &str) {
    println!(
        "{}",
        serde_json::json!({"name": name, "value": value, "unit": unit})
    );
}

fn http_events() -> &'static TableSpec {
    let protocols = nixie_protocols::PROTOCOLS.iter();
    let mut tables = protocols.flat_map(|protocol| protocol.tables.iter().copied());
    tables.find(|table| table.name == "http_events").unwrap()
}

fn agent(spec: &'static TableSpec) -> Arc<Agent> {
    let config = AgentConfig {
        table_bytes_max: TABLE_BYTES_MAX,
        query: QueryLimits::default(),
        access: DataAccess::default(),
    };
    let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
    let agent = Arc::new(Agent::new(&[spec], metadata, config).unwrap());
    let sink = agent.sink();
    for from in (0..ROWS).step_by(BATCH_ROWS as usize) {
        let mut rows = Rows::new(spec);
        for number in from..ROWS.min(from + BATCH_ROWS) {
            append(&mut rows, spec, number);
        }
        sink.append(spec, rows.take().unwrap());
    }
    agent
}

/// Adds a row like those of a service that answers with a little JSON.
fn append(rows: &mut Rows, spec: &TableSpec, number: i64) {
    let mut row = rows.row();
    for column in spec.columns {
        row = match column.data_type {
            DataType::Boolean => row.bool(number % 2 == 0),
            DataType::Int64 => row.int64(number % 100_000),
            DataType::Float64 => row.float64(number as f64),
            DataType::Time64Ns => row.time(number * 30_000),
            DataType::UInt128 => row.upid(Upid {
                asid: 1,
                pid: 7,
                start_ticks: 11,
            }),
            DataType::String => row.string(&text(column.name, number)),
        };
    }
    row.end();
}

fn text(column: &str, number: i64) -> String {
    match column {
        "req_method" => "GET".to_owned(),
        "req_path" => format!("/products/{}", number % 500),
        "req_headers" | "resp_headers" => {
            r#"{"accept":"*/*","host":"shop.example","user-agent":"curl/8.5.0"}"#.to_owned()
        }
        "resp_body" => format!(r#"{{"id":{number},"name":"a product","price":1299}}"#),
        "resp_message" => "OK".to_owned(),
        "remote_addr" | "local_addr" => "10.0.0.7".to_owned(),
        _ => String::new(),
    }
}
