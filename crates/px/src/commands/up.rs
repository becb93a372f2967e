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

/// LIMIT: queries that may run at the same time; more wait.
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
    /// Most memory for aggregations, joins and sorts of one query; 8 may run at the same time
    #[arg(long, value_name = "BYTES", default_value = "256MiB", value_parser = query_memory)]
    query_memory: usize,
}

/// Reads the memory of a query.
fn query_memory(text: &str) -> Result<usize, String> {
    const MIN: usize = QueryLimits::MEMORY_BYTES_MIN;
    match size::parse(text)? {
        bytes if bytes < MIN => Err(format!("too small, expected at least {MIN} bytes")),
        bytes => Ok(bytes),
    }
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
        query: QueryLimits {
            memory_bytes_max: args.query_memory,
            ..QueryLimits::default()
        },
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
    crate::say::note(format_args!(
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

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Debug, clap::Parser)]
    struct Up {
        #[command(flatten)]
        args: Args,
    }

    fn parsed(line: &[&str]) -> Result<usize, String> {
        let up = Up::try_parse_from([&["up"], line].concat());
        up.map(|up| up.args.query_memory)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_memory_of_a_query_has_a_default_and_a_lower_bound() {
        assert_eq!(parsed(&[]), Ok(QueryLimits::MEMORY_BYTES_DEFAULT));
        assert_eq!(
            parsed(&["--query-memory", "1MiB"]),
            Ok(QueryLimits::MEMORY_BYTES_MIN)
        );
        assert_eq!(parsed(&["--query-memory", "2GiB"]), Ok(2 << 30));
        for (text, expected) in [
            ("1048575", "too small, expected at least 1048576 bytes"),
            ("0", "too small"),
            ("much", "expected a number of bytes such as `256MiB`"),
        ] {
            let error = parsed(&["--query-memory", text]).unwrap_err();
            assert!(
                error.contains(expected) && error.contains("--query-memory"),
                "{error}"
            );
        }
    }

    #[test]
    fn help_says_how_many_queries_share_the_memory() {
        let help = <Up as clap::CommandFactory>::command().render_long_help();
        assert!(
            help.to_string()
                .contains(&format!("{QUERIES_MAX} may run at the same time"))
        );
    }
}
