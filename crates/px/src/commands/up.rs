//! `px up`.

use super::oidc_options::OidcOptions;
use crate::collect::{awaited_tables, metadata, start_collector, tables};
use crate::config;
use crate::failure::{Exit, Failure};
use crate::library::for_agent;
use crate::scope;
use crate::size;
use nixie_collector::Scope;
use nixie_query::{DataAccess, QueryLimits};
use nixie_server::{Agent, AgentConfig, Server, ServerConfig, TlsConfig};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};

/// LIMIT: queries that may run at the same time; more are refused.
const QUERIES_MAX: usize = 8;

/// Threads that answer requests and run queries.
const WORKER_THREADS: usize = 2;

// How the agent is reached. No documentation comment: it would become the command's.
#[derive(Debug, clap::Args)]
struct AccessArgs {
    /// Where to listen; other than loopback addresses need TLS, and an API key or identity provider
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:4747")]
    listen: SocketAddr,
    /// Certificate to show, and those between it and its authority, in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Key of the certificate, in PEM form
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Make a certificate; clients trust it by `tls/ca.pem` in the state folder
    #[arg(long, conflicts_with = "tls_cert")]
    tls_self_signed: bool,
    /// Names or addresses, besides those of this machine, that a self-made certificate is for
    #[arg(long, value_name = "NAME", requires = "tls_self_signed")]
    tls_name: Vec<String>,
    /// Folder for the agent's files: its address and the token that `px run` needs
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Folder for what outlives the agent: API keys, certificates, its id
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
    #[command(flatten)]
    oidc: OidcOptions,
}

/// Trace this host, keep the rows in memory, and answer `px run`
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    access: AccessArgs,
    /// What queries may see: `full`, `restricted` for no headers, bodies and other payloads, or
    /// `pii-restricted` for payloads without what looks like personal data
    #[arg(
        long,
        value_name = "MODE",
        default_value = "full",
        env = "PL_DATA_ACCESS"
    )]
    data_access: DataAccess,
    /// What to trace: `all`, `pid:N,N` with descendants, `cgroup:/PATH`, `exe:NAME`
    #[arg(long, default_value = "all", value_parser = scope::parse)]
    scope: Scope,
    /// Most memory for all tables together
    #[arg(long, value_name = "BYTES", default_value = "256MiB", value_parser = size::parse)]
    table_memory: usize,
}

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .thread_name("px-server")
        .enable_all()
        .build()
        .map_err(|error| Failure::new(Exit::Failed, "cannot start threads").caused_by(&error))?;
    runtime.block_on(serve(args))
}

async fn serve(args: Args) -> Result<ExitCode, Failure> {
    let stopped = stop_signal()?;
    let config = AgentConfig {
        table_bytes_max: args.table_memory,
        query: QueryLimits::default(),
        access: args.data_access,
    };
    let agent = Arc::new(Agent::with_awaited(
        &tables(),
        &awaited_tables(),
        metadata(),
        config,
    )?);
    let server_config = server_config(args.access)?;
    let scheme = if server_config.tls.is_some() {
        "https"
    } else {
        "http"
    };
    // The port comes first: a second agent must not touch the kernel before it is refused.
    let server = Server::start(server_config, Arc::clone(&agent)).await?;
    let metadata = Arc::clone(agent.metadata());
    let collector =
        match start_collector(&args.scope, Some(server.address()), metadata, agent.sink()) {
            Ok(collector) => collector,
            Err(failure) => {
                server.stop().await;
                return Err(failure);
            }
        };
    crate::say::line(format_args!(
        "px is up on {scheme}://{}; ask it with `px run`, stop it with Ctrl-C",
        server.address()
    ));
    stopped.await;
    // Before the server, so that what is still under way can be told of.
    collector.stop();
    server.stop().await;
    Ok(ExitCode::SUCCESS)
}

fn server_config(args: AccessArgs) -> Result<ServerConfig, Failure> {
    let tls = match (args.tls_cert, args.tls_key) {
        (Some(certificate), Some(key)) => Some(TlsConfig::Files { certificate, key }),
        _ if args.tls_self_signed => {
            let mut names = args.tls_name;
            if !args.listen.ip().is_unspecified() {
                names.push(args.listen.ip().to_string());
            }
            Some(TlsConfig::SelfSigned { names })
        }
        _ => None,
    };
    Ok(ServerConfig {
        listen: args.listen,
        state_folder: config::state_folder(args.state_dir, args.data_dir.as_deref())?,
        runtime_folder: config::data_folder(args.data_dir)?,
        tls,
        oidc: args.oidc.config(),
        queries_max: QUERIES_MAX,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        log: config::log(),
        bundled: Arc::new(for_agent()?),
    })
}

/// Returns a future that is ready once a signal asks the process to stop. Signals count from the
/// call on, also before the future is waited for.
fn stop_signal() -> Result<impl Future<Output = ()>, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failed, "cannot wait for signals").caused_by(&error)
    };
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
