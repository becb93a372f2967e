//! A server with some rows, and what is asked of it.

use arrow::array::RecordBatch;
use futures::StreamExt;
use nixie_api::proto::vizierpb::execute_script_response::Result as Content;
use nixie_api::proto::vizierpb::vizier_service_client::VizierServiceClient;
use nixie_api::proto::vizierpb::{
    ExecuteScriptRequest, ExecuteScriptResponse, QueryExecutionStats, QueryMetadata, RowBatchData,
};
use nixie_metadata::Metadata;
use nixie_query::{DataAccess, QueryLimits};
use nixie_server::{Agent, AgentConfig, LogTail, Server, ServerConfig};
use nixie_types::{ColumnSpec, DataType, Rows, SemanticType, TableSpec, Upid};
use prost::Message;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Status, Streaming};

/// LIMIT: time that any single step of a test may take.
pub(crate) const STEP_TIME_MAX: Duration = Duration::from_secs(20);

pub(crate) static HTTP: TableSpec = TableSpec {
    name: "http_events",
    description: "Requests.",
    columns: &[
        ColumnSpec::new("time_", DataType::Time64Ns, "When.").semantic(SemanticType::TimeNs),
        ColumnSpec::new("upid", DataType::UInt128, "Who.").semantic(SemanticType::Upid),
        ColumnSpec::new("req_path", DataType::String, "Path.").dictionary(),
        ColumnSpec::new("latency", DataType::Int64, "How long.").semantic(SemanticType::DurationNs),
        ColumnSpec::new("share", DataType::Float64, "Of the whole."),
        ColumnSpec::new("encrypted", DataType::Boolean, "By TLS."),
    ],
};

/// Shows all rows.
pub(crate) const ALL: &str = "import px\n#px:set max_output_rows_per_table=0\npx.display(px.DataFrame('http_events'), 'out')\n";

/// Joins all rows with all rows, more often than any test waits for.
pub(crate) const SLOW: &str = "import px
df = px.DataFrame('http_events')
df.k = 1
df = df[['k', 'latency']]
two = df.merge(df, how='inner', left_on='k', right_on='k', suffixes=['', '_two'])
two = two[['k', 'latency']]
three = two.merge(df, how='inner', left_on='k', right_on='k', suffixes=['', '_three'])
three = three.groupby('k').agg(n=('latency', px.count))
px.display(three, 'out')
";

fn rows(from: i64, count: i64) -> Option<RecordBatch> {
    let mut built = Rows::new(&HTTP);
    for row in from..from + count {
        built
            .row()
            .time(row)
            .upid(Upid {
                asid: 1,
                pid: 2,
                start_ticks: row.unsigned_abs(),
            })
            .string(&format!("/path/{}", row % 10))
            .int64(row)
            .float64(0.5)
            .bool(row % 2 == 0)
            .end();
    }
    built.take()
}

/// A running server.
pub(crate) struct Running {
    pub(crate) server: Server,
    pub(crate) agent: Arc<Agent>,
    pub(crate) log: Arc<LogTail>,
    pub(crate) folder: tempfile::TempDir,
}

/// Adds a header to each request.
#[derive(Clone)]
pub(crate) struct Header(pub(crate) &'static str, pub(crate) String);

impl Interceptor for Header {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if !self.1.is_empty() {
            request
                .metadata_mut()
                .insert(self.0, self.1.parse().unwrap());
        }
        Ok(request)
    }
}

pub(crate) type Service = InterceptedService<Channel, Header>;

/// Everything that a script's stream said.
#[derive(Debug, Default)]
pub(crate) struct Said {
    pub(crate) messages: Vec<ExecuteScriptResponse>,
    pub(crate) tables: Vec<QueryMetadata>,
    pub(crate) batches: Vec<RowBatchData>,
    pub(crate) stats: Vec<QueryExecutionStats>,
    pub(crate) end: Option<Status>,
}

impl Said {
    pub(crate) async fn all(mut stream: Streaming<ExecuteScriptResponse>) -> Self {
        let mut said = Self::default();
        while let Some(message) = stream.next().await {
            match message {
                Ok(message) => said.add(message),
                Err(status) => said.end = Some(status),
            }
        }
        said
    }

    pub(crate) fn add(&mut self, message: ExecuteScriptResponse) {
        match message.result.clone() {
            Some(Content::MetaData(table)) => {
                assert!(
                    self.batches.is_empty() && self.stats.is_empty(),
                    "metadata come first"
                );
                self.tables.push(table);
            }
            Some(Content::Data(data)) => {
                assert!(self.stats.is_empty(), "statistics come last");
                if !data.batch.is_empty() {
                    self.batches.push(RowBatchData::decode(data.batch).unwrap());
                }
                self.stats.extend(data.execution_stats);
            }
            None => {}
        }
        self.messages.push(message);
    }

    pub(crate) fn rows(&self) -> i64 {
        self.batches.iter().map(|batch| batch.num_rows).sum()
    }
}

impl Running {
    pub(crate) async fn start(rows: i64) -> Self {
        Self::start_with(rows, QueryLimits::default(), |_| {}).await
    }

    pub(crate) async fn start_with(
        count: i64,
        query: QueryLimits,
        configure: impl FnOnce(&mut ServerConfig),
    ) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let metadata = Arc::new(Metadata::new("host".to_owned(), 0));
        let config = AgentConfig {
            table_bytes_max: 256 << 20,
            query,
            access: DataAccess::default(),
        };
        let agent = Arc::new(Agent::new(&[&HTTP], metadata, config).unwrap());
        if let Some(batch) = rows(0, count) {
            agent.sink().append(&HTTP, batch);
        }
        let log = Arc::new(LogTail::new());
        let mut config = ServerConfig {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            runtime_folder: folder.path().join("run"),
            state_folder: folder.path().join("state"),
            tls: None,
            oidc: None,
            queries_max: 1,
            version: "1.2.3".to_owned(),
            log: Arc::clone(&log),
            bundled: Arc::default(),
        };
        configure(&mut config);
        let server = Server::start(config, Arc::clone(&agent)).await.unwrap();
        Self {
            server,
            agent,
            log,
            folder,
        }
    }

    /// Adds rows to those that are there.
    pub(crate) fn append(&self, from: i64, count: i64) {
        self.agent.sink().append(&HTTP, rows(from, count).unwrap());
    }

    pub(crate) fn state_folder(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    pub(crate) fn endpoint(&self) -> Endpoint {
        Endpoint::from_shared(format!("http://{}", self.server.address())).unwrap()
    }

    /// Returns a connection of its own that shows the local token.
    pub(crate) fn service(&self) -> Service {
        self.service_with(Header("authorization", self.server.token().header_value()))
    }

    pub(crate) fn service_with(&self, header: Header) -> Service {
        InterceptedService::new(self.endpoint().connect_lazy(), header)
    }

    pub(crate) fn client(&self) -> VizierServiceClient<Service> {
        VizierServiceClient::new(self.service())
    }

    pub(crate) async fn start_script(
        &self,
        request: ExecuteScriptRequest,
    ) -> Result<Streaming<ExecuteScriptResponse>, Status> {
        Ok(self.client().execute_script(request).await?.into_inner())
    }

    /// Runs a script to its end.
    pub(crate) async fn run(&self, request: ExecuteScriptRequest) -> Said {
        let run = async {
            match self.start_script(request).await {
                Ok(stream) => Said::all(stream).await,
                Err(status) => Said {
                    end: Some(status),
                    ..Said::default()
                },
            }
        };
        tokio::time::timeout(STEP_TIME_MAX, run)
            .await
            .expect("the script ends")
    }
}

pub(crate) fn script(text: &str) -> ExecuteScriptRequest {
    ExecuteScriptRequest {
        query_str: text.to_owned(),
        ..ExecuteScriptRequest::default()
    }
}
