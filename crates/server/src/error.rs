//! Why an agent could not start.

use crate::oidc::HttpsError;
use crate::{KeyError, ScheduleError, TlsError};
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why an agent could not start.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The address can be reached from other machines, and what is said there by all between.
    #[error(
        "refusing to listen on `{0}`, which other machines can reach, without TLS; give \
         `--tls-cert` and `--tls-key`, or `--tls-self-signed`, or use a loopback address such as \
         `127.0.0.1:4747`"
    )]
    WithoutTls(SocketAddr),
    /// The address can be reached from other machines, and nobody there could be let in.
    #[error(
        "refusing to listen on `{0}`, which other machines can reach, without any API key; create \
         one with `px api-key create`, name an identity provider with `--oidc-issuer`, or use a \
         loopback address such as `127.0.0.1:4747`"
    )]
    WithoutKeys(SocketAddr),
    /// A file of the state folder could not be read or written.
    #[error("cannot use `{path}`; name another folder with `--state-dir`")]
    State {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: io::Error,
    },
    /// The identity provider cannot be used.
    #[error("the identity provider cannot be used; check `--oidc-issuer`")]
    Oidc(#[from] HttpsError),
    /// API keys cannot be used.
    #[error("API keys cannot be used")]
    Keys(#[from] KeyError),
    /// Scheduled scripts cannot be run.
    #[error("scheduled scripts cannot be run")]
    Schedule(#[from] ScheduleError),
    /// TLS cannot be used.
    #[error("TLS cannot be used")]
    Tls(#[from] TlsError),
    /// Somebody else listens there.
    #[error(
        "address `{0}` is already in use; another `px up` may be running: stop it, or choose \
         another port with `--listen`"
    )]
    AddressInUse(SocketAddr),
    /// Listening failed for another reason.
    #[error("cannot listen on `{address}`")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// The folder of the endpoint files belongs to somebody else.
    #[error("folder `{0}` belongs to another user; choose another with `--data-dir`")]
    ForeignFolder(PathBuf),
    /// The token or the description of the endpoint could not be written.
    #[error("cannot write `{path}`")]
    EndpointFile {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system gave no random bytes for an id.
    #[error("cannot read random bytes for the agent's id")]
    Random(#[source] io::Error),
    /// The tables could not be made.
    #[error("cannot set up the tables")]
    Tables(#[from] nixie_tables::TableError),
}
