//! Why rows cannot be exported at all.

/// Why rows cannot be exported at all. What happens to single requests is in the report.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The endpoint is none.
    #[error(
        "endpoint `{url}` {problem}; expected `host:port` or `http(s)://host:port` for gRPC, or \
         `http(s)://host:port/v1/…` for HTTP"
    )]
    Endpoint {
        /// The endpoint.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The time to wait for an answer is too long.
    #[error("timeout of {asked_s} s is too long, expected at most {most_s} s")]
    Timeout {
        /// The time, in seconds.
        asked_s: u64,
        /// The longest.
        most_s: u64,
    },
    /// A header cannot be sent.
    #[error(
        "header `{name}` cannot be sent: {problem}; expected a name of letters, digits, `-`, `_` \
         and `.`, and a value of visible ASCII characters"
    )]
    Header {
        /// Its name; the value may be a secret.
        name: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// Connections with TLS cannot be made on this machine.
    #[error(
        "no TLS connection can be made: {0}; install the system's certificates \
         (`ca-certificates`), or export with `insecure=True`"
    )]
    Tls(String),
    /// A column is not what the export expects.
    #[error("column {index} has the type `{seen}`, expected {expected}")]
    Column {
        /// Its place.
        index: usize,
        /// Its type.
        seen: String,
        /// Types that are fine.
        expected: &'static str,
    },
    /// The system gives no random bytes for the ids of spans.
    #[error("the system gives no random bytes for the ids of spans")]
    Random(#[from] getrandom::Error),
    /// The task that sends has ended, as the process is about to.
    #[error("the exporter was stopped before all rows were sent")]
    Stopped,
}
