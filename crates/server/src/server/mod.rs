//! Starts and stops the server of an agent.

use crate::access::Access;
use crate::cluster::Cluster;
use crate::endpoint_files::EndpointFiles;
use crate::grpc::{Health, Queries, Running};
use crate::http::router;
use crate::listener::{Certificates, serve};
use crate::oidc::Provider;
use crate::schedule::Schedule;
use crate::state::{Compile, ServerState};
use crate::turn::Turns;
use crate::{Agent, KeyStore, LogTail, OidcConfig, ScriptLibrary, ServerError, TlsConfig};
use futures::future::OptionFuture;
use nixie_api::Token;
use nixie_query::Engine;
use nixie_types::clock;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// LIMIT: time that running queries get to end when the agent stops.
const STOP_TIME_MAX: Duration = Duration::from_secs(3);

/// LIMIT: threads that plan and run queries, whatever the machine has.
const QUERY_THREADS_MAX: usize = 8;

/// Stack of such a thread. Planning goes down into a query as deep as its limits allow, which takes
/// a few megabytes without optimisation.
const QUERY_STACK_BYTES: usize = 16 << 20;

/// The threads of queries. Planning takes its thread until it is done, so that queries must not
/// run where requests are answered; and nobody waits for a plan that nobody wants any more.
#[derive(Debug)]
struct QueryThreads(Option<Runtime>);

impl QueryThreads {
    fn start() -> io::Result<Self> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let runtime = Builder::new_multi_thread()
            .worker_threads(cores.min(QUERY_THREADS_MAX))
            .thread_name("px-query")
            .thread_stack_size(QUERY_STACK_BYTES)
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }
}

impl Drop for QueryThreads {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// How an agent is reached.
#[derive(Clone, Debug)]
pub struct ServerConfig {
    /// Where to listen; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// Folder for the token and the description of the endpoint.
    pub runtime_folder: PathBuf,
    /// Folder for what outlives the agent: API keys, scheduled scripts, the id of the cluster,
    /// certificates.
    pub state_folder: PathBuf,
    /// Certificate to show; without one, only programs of this machine can be talked to.
    pub tls: Option<TlsConfig>,
    /// Identity provider whose tokens let people in.
    pub oidc: Option<OidcConfig>,
    /// LIMIT: queries that may run at the same time; more wait for a while, or are refused.
    pub queries_max: usize,
    /// Version to tell clients.
    pub version: String,
    /// The log, for clients that may read it.
    pub log: Arc<LogTail>,
    /// Scripts and presets, for clients and for the schedule.
    pub bundled: Arc<ScriptLibrary>,
}

/// A running server. Dropping it ends queries and stops listening, and connections end by
/// themselves; [`Server::stop`] lets queries end for a moment, and waits for that.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    token: Token,
    files: EndpointFiles,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
    schedule: Arc<Schedule>,
    query_threads: QueryThreads,
}

impl Server {
    /// Starts to listen. Must be called within a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the address is in use, or can be reached by other machines without TLS or any API
    /// key, or files cannot be read or written.
    pub async fn start(config: ServerConfig, agent: Arc<Agent>) -> Result<Self, ServerError> {
        Self::start_with(config, agent, Engine::compile_functions).await
    }

    async fn start_with(
        config: ServerConfig,
        agent: Arc<Agent>,
        compile: Compile,
    ) -> Result<Self, ServerError> {
        let listen = config.listen;
        let (keys, provider) = who_knows_clients(&config)?;
        let hostname = agent.metadata().hostname().to_owned();
        let now_s = clock::now_ns() / clock::NANOS_PER_SEC;
        let certificates = config
            .tls
            .map(|tls| Certificates::open(tls, &config.state_folder, &hostname, now_s))
            .transpose()?;
        let tls = certificates.as_ref().map(Certificates::acceptor);
        let tls = tls.transpose()?;
        let cluster = Cluster::open(&config.state_folder, &hostname)?;
        let schedule = Arc::new(Schedule::open(&config.state_folder, config.bundled)?);
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => ServerError::AddressInUse(listen),
            _ => ServerError::Listen {
                address: listen,
                source,
            },
        };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        // Only who holds the port writes its files, so two agents never mix theirs.
        let (files, token) = EndpointFiles::write(&config.runtime_folder, address)?;
        let query_threads = QueryThreads::start().map_err(failed)?;
        let Some(query_handle) = query_threads.0.as_ref().map(Runtime::handle).cloned() else {
            return Err(failed(io::Error::other("no threads for queries")));
        };
        if agent.schedule().set(Arc::clone(&schedule)).is_err() {
            warn!("the agent tells of the schedule of its first server only");
        }
        let state = Arc::new(ServerState {
            agent,
            access: Access::new(token.clone(), keys, provider.clone()),
            cluster,
            version: config.version,
            compile,
            turns: Turns::new(config.queries_max),
            query_handle,
            queries: Arc::new(Queries::default()),
            running: Arc::new(Running::default()),
            health: Health::default(),
            schedule: Arc::clone(&schedule),
            log: config.log,
            started_ns: clock::now_ns(),
        });
        schedule.start(&state)?;
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { stopped.await.unwrap_or_default() };
        let router = router(state);
        let task = tokio::spawn(async move {
            tokio::select! {
                () = serve(listener, router, tls, stopped) => {}
                () = upkeep(provider, certificates) => {}
            }
        });
        info!(%address, "listening");
        Ok(Self {
            address,
            token,
            files,
            stop,
            task,
            schedule,
            query_threads,
        })
    }

    /// Returns where the server listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the token that lets clients in.
    #[must_use]
    pub const fn token(&self) -> &Token {
        &self.token
    }

    /// Stops listening, lets running queries end for a moment, and removes the endpoint files.
    pub async fn stop(self) {
        let Self {
            address,
            files,
            stop,
            mut task,
            schedule,
            query_threads,
            ..
        } = self;
        drop(files);
        schedule.stop().await;
        // The server may have ended by itself.
        stop.send(()).unwrap_or_default();
        if tokio::time::timeout(STOP_TIME_MAX, &mut task)
            .await
            .is_err()
        {
            warn!(%address, "queries were cut off at the stop");
            task.abort();
        }
        drop(query_threads);
    }
}

/// Returns what knows who clients are. Where other machines can reach the agent, there must be TLS
/// and something that knows them.
fn who_knows_clients(
    config: &ServerConfig,
) -> Result<(Arc<KeyStore>, Option<Arc<Provider>>), ServerError> {
    let listen = config.listen;
    let is_reachable = !listen.ip().is_loopback();
    if is_reachable && config.tls.is_none() {
        return Err(ServerError::WithoutTls(listen));
    }
    let keys = Arc::new(KeyStore::open(&config.state_folder)?);
    let provider = config.oidc.clone().map(Provider::new);
    let provider = provider.transpose()?.map(Arc::new);
    if is_reachable && provider.is_none() && keys.list()?.is_empty() {
        return Err(ServerError::WithoutKeys(listen));
    }
    Ok((keys, provider))
}

/// Keeps what is known of the identity provider and the certificate up to date, for ever.
async fn upkeep(provider: Option<Arc<Provider>>, certificates: Option<Arc<Certificates>>) {
    let keys = provider.map(Provider::keep_fresh);
    let shown = certificates.map(Certificates::keep_fresh);
    tokio::join!(OptionFuture::from(keys), OptionFuture::from(shown));
    std::future::pending().await
}

#[cfg(test)]
mod tests;
