//! The certificate that an agent shows: one that is given, or one of its own making.
//!
//! Certificates expire, and are renewed while the agent runs: it looks at them from time to time, and
//! shows the new one from then on.

mod self_made;
mod validity;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use tracing::{info, warn};
use validity::Validity;

const DAY_S: i64 = 24 * 3600;

/// Time between two looks at the certificate.
const REFRESH_PERIOD: Duration = Duration::from_hours(1);

/// A certificate that expires within so many days is warned of.
const WARNED_DAYS: i64 = 7;

/// Which certificate to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TlsConfig {
    /// Files in PEM form.
    Files {
        /// The certificate, and those between it and the authority.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// One of the agent's own making, in the state folder.
    SelfSigned {
        /// Names and addresses that clients use, besides the usual ones of this machine.
        names: Vec<String>,
    },
}

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds no certificate or key.
    #[error("cannot read `{path}`; expected a certificate or key in PEM form")]
    Read {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: rustls::pki_types::pem::Error,
    },
    /// Certificate and key do not go together, or are of an unknown kind.
    #[error("certificate `{certificate}` and its key cannot be used")]
    Mismatch {
        /// The certificate.
        certificate: PathBuf,
        /// What is wrong.
        source: rustls::Error,
    },
    /// There is no version of TLS.
    #[error("TLS cannot be used")]
    Protocol(#[source] rustls::Error),
    /// Nobody would accept it.
    #[error(
        "certificate `{certificate}` has expired {days} days ago; renew it, or let the agent make \
         one with `--tls-self-signed`"
    )]
    Expired {
        /// The certificate.
        certificate: PathBuf,
        /// Days since then.
        days: i64,
    },
    /// A certificate could not be made.
    #[error("a certificate for {} could not be made", .names.join(", "))]
    Make {
        /// Names that it was to be for.
        names: Vec<String>,
        /// What is wrong with them.
        source: rcgen::Error,
    },
    /// A self-made certificate could not be written.
    #[error("cannot write `{path}`")]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// The certificate that is shown now.
#[derive(Debug)]
pub(crate) struct Certificates {
    config: TlsConfig,
    state_folder: PathBuf,
    hostname: String,
    shown: RwLock<Arc<CertifiedKey>>,
}

/// A certificate with its key, and when it is good.
struct Loaded {
    path: PathBuf,
    key: CertifiedKey,
    validity: Option<Validity>,
}

impl Certificates {
    /// Reads the certificate, or makes it.
    pub(crate) fn open(
        config: TlsConfig,
        state_folder: &Path,
        hostname: &str,
        now_s: i64,
    ) -> Result<Arc<Self>, TlsError> {
        let loaded = load(&config, state_folder, hostname, now_s)?;
        warn_of(&loaded, now_s);
        Ok(Arc::new(Self {
            config,
            state_folder: state_folder.to_owned(),
            hostname: hostname.to_owned(),
            shown: RwLock::new(Arc::new(loaded.key)),
        }))
    }

    /// Returns what makes TLS connections of others.
    pub(crate) fn acceptor(self: &Arc<Self>) -> Result<TlsAcceptor, TlsError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_safe_default_protocol_versions();
        let builder = builder.map_err(TlsError::Protocol)?.with_no_client_auth();
        let mut server = builder.with_cert_resolver(Arc::<Self>::clone(self));
        server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(server)))
    }

    /// Looks at the certificate from time to time, for ever.
    pub(crate) async fn keep_fresh(self: Arc<Self>) {
        loop {
            tokio::time::sleep(REFRESH_PERIOD).await;
            let this = Arc::clone(&self);
            let now_s = nixie_types::clock::now_ns() / nixie_types::clock::NANOS_PER_SEC;
            let refreshed = tokio::task::spawn_blocking(move || this.refresh(now_s)).await;
            match refreshed {
                Ok(Ok(())) => {}
                // The one that is shown may be good for longer.
                Ok(Err(error)) => warn!(
                    problem = crate::grpc::with_causes(&error),
                    "the certificate cannot be renewed"
                ),
                Err(error) => warn!(%error, "the certificate cannot be renewed"),
            }
        }
    }

    /// Shows another certificate, if there is one.
    fn refresh(&self, now_s: i64) -> Result<(), TlsError> {
        let loaded = load(&self.config, &self.state_folder, &self.hostname, now_s)?;
        warn_of(&loaded, now_s);
        let mut shown = self.shown.write().unwrap_or_else(PoisonError::into_inner);
        if shown.cert != loaded.key.cert {
            info!(certificate = %loaded.path.display(), "another certificate is shown from now on");
            *shown = Arc::new(loaded.key);
        }
        Ok(())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let shown = self.shown.read().unwrap_or_else(PoisonError::into_inner);
        Some(Arc::clone(&shown))
    }
}

/// Reads a certificate that has not expired.
fn load(
    config: &TlsConfig,
    state_folder: &Path,
    hostname: &str,
    now_s: i64,
) -> Result<Loaded, TlsError> {
    let (certificate, key) = match config {
        TlsConfig::Files { certificate, key } => (certificate.clone(), key.clone()),
        TlsConfig::SelfSigned { names } => {
            let names = self_made::all_names(names, hostname);
            self_made::files(state_folder, names, now_s)?
        }
    };
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Read { path, source }
    };
    let chain = CertificateDer::pem_file_iter(&certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed(&certificate))?;
    let secret = PrivateKeyDer::from_pem_file(&key).map_err(failed(&key))?;
    // The first is the agent's own.
    let validity = chain.first().and_then(|own| Validity::of(own));
    if let Some(ago_s) = validity.and_then(|validity| validity.expired_s(now_s)) {
        let days = ago_s / DAY_S;
        return Err(TlsError::Expired { certificate, days });
    }
    let provider = rustls::crypto::ring::default_provider();
    let loaded = CertifiedKey::from_der(chain, secret, &provider);
    let key = loaded.map_err(|source| TlsError::Mismatch {
        certificate: certificate.clone(),
        source,
    })?;
    Ok(Loaded {
        path: certificate,
        key,
        validity,
    })
}

/// Tells of a certificate that few clients would accept, or not for long.
fn warn_of(loaded: &Loaded, now_s: i64) {
    let certificate = loaded.path.display();
    let Some(validity) = loaded.validity else {
        warn!(%certificate, "it cannot be told when the certificate expires");
        return;
    };
    if validity.from_s > now_s {
        warn!(%certificate, "the certificate is not valid yet; is the clock of this machine right?");
    }
    let days = (validity.until_s - now_s) / DAY_S;
    if days < WARNED_DAYS {
        warn!(%certificate, days, "the certificate expires soon; renew it in place");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    const NOW_S: i64 = 1_800_000_000;

    fn self_made(folder: &Path, names: &[&str], now_s: i64) -> Result<String, TlsError> {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        Certificates::open(TlsConfig::SelfSigned { names }, folder, "host", now_s)?;
        Ok(fs::read_to_string(folder.join("tls/cert.pem")).unwrap())
    }

    #[test]
    fn a_certificate_is_made_once_for_its_names_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let now_s = NOW_S;
        let first = self_made(folder.path(), &[], now_s).unwrap();
        assert_eq!(
            self_made(folder.path(), &[], now_s + 300 * DAY_S).unwrap(),
            first
        );
        let named = self_made(folder.path(), &["10.0.0.1"], now_s).unwrap();
        assert_ne!(named, first);
        assert_ne!(
            self_made(folder.path(), &["10.0.0.1"], now_s + 380 * DAY_S).unwrap(),
            named
        );
        let key = folder.path().join("tls/key.pem");
        assert_eq!(key.metadata().unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn files_that_do_not_fit_are_named() {
        let folder = tempfile::tempdir().unwrap();
        self_made(folder.path(), &[], NOW_S).unwrap();
        let tls = folder.path().join("tls");
        let files = |certificate: &str, key: &str| TlsConfig::Files {
            certificate: tls.join(certificate),
            key: tls.join(key),
        };
        let read = |config| Certificates::open(config, folder.path(), "host", NOW_S).map(drop);
        read(files("cert.pem", "key.pem")).unwrap();
        let error = read(files("cert.pem", "cert.pem")).unwrap_err();
        assert!(matches!(error, TlsError::Read { .. }), "{error}");
        let error = read(files("missing.pem", "key.pem"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("missing.pem"), "{error}");
        let error = read(files("ca.pem", "key.pem")).unwrap_err();
        assert!(matches!(error, TlsError::Mismatch { .. }), "{error}");
    }

    #[test]
    fn expired_certificates_are_refused_and_renewed_ones_shown() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let put = |name: &str, made_s: i64| {
            let other = folder.path().join(name);
            self_made(&other, &[], made_s).unwrap();
            for file in ["cert.pem", "key.pem"] {
                fs::copy(other.join("tls").join(file), path(file)).unwrap();
            }
        };
        put("first", NOW_S);
        let config = || TlsConfig::Files {
            certificate: path("cert.pem"),
            key: path("key.pem"),
        };
        let late_s = NOW_S + 400 * DAY_S;
        let error = Certificates::open(config(), folder.path(), "host", late_s).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("has expired 3 days ago; renew it"), "{text}");
        let certificates = Certificates::open(config(), folder.path(), "host", NOW_S).unwrap();
        let shown = || certificates.shown.read().unwrap().cert.clone();
        let first = shown();
        certificates.refresh(NOW_S).unwrap();
        assert_eq!(shown(), first);
        // It expires while the agent runs: the problem is told, and the old one stays.
        assert!(matches!(
            certificates.refresh(late_s),
            Err(TlsError::Expired { .. })
        ));
        assert_eq!(shown(), first);
        put("second", late_s);
        certificates.refresh(late_s).unwrap();
        assert_ne!(shown(), first);
    }

    #[test]
    fn a_self_made_certificate_is_renewed_while_the_agent_runs() {
        let folder = tempfile::tempdir().unwrap();
        let config = TlsConfig::SelfSigned { names: Vec::new() };
        let certificates = Certificates::open(config, folder.path(), "host", NOW_S).unwrap();
        let shown = || certificates.shown.read().unwrap().cert.clone();
        let first = shown();
        certificates.refresh(NOW_S + 300 * DAY_S).unwrap();
        assert_eq!(shown(), first);
        certificates.refresh(NOW_S + 500 * DAY_S).unwrap();
        assert_ne!(shown(), first);
    }
}
