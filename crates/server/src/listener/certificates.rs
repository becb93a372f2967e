//! The certificate that an agent shows: one that is given, or one of its own making.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio_rustls::TlsAcceptor;

/// Folder of a self-made certificate in the state folder.
const FOLDER: &str = "tls";
const CA_FILE: &str = "ca.pem";
const CERTIFICATE_FILE: &str = "cert.pem";
const KEY_FILE: &str = "key.pem";
/// What the certificate is for, one name a line, and at last when it was made.
const NAMES_FILE: &str = "names";

const DAY_S: i64 = 24 * 3600;

/// How long a self-made certificate is valid.
const VALID_DAYS: i64 = 397;

/// It is made anew so long before it expires.
const RENEW_DAYS: i64 = 30;

/// A clock of a client may be behind.
const SKEW_DAYS: i64 = 1;

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

/// Returns what makes TLS connections of others.
pub(crate) fn acceptor(
    config: &TlsConfig,
    state_folder: &Path,
    hostname: &str,
    now_s: i64,
) -> Result<TlsAcceptor, TlsError> {
    let (certificate, key) = match config {
        TlsConfig::Files { certificate, key } => (certificate.clone(), key.clone()),
        TlsConfig::SelfSigned { names } => {
            let folder = state_folder.join(FOLDER);
            self_signed(&folder, all_names(names, hostname), now_s)?;
            (folder.join(CERTIFICATE_FILE), folder.join(KEY_FILE))
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
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| {
            builder
                .with_no_client_auth()
                .with_single_cert(chain, secret)
        })
        .map_err(|source| TlsError::Mismatch {
            certificate,
            source,
        })?;
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

fn all_names(names: &[String], hostname: &str) -> Vec<String> {
    let usual = ["localhost", "127.0.0.1", "::1", hostname].map(str::to_owned);
    let mut all: Vec<String> = usual.into_iter().chain(names.iter().cloned()).collect();
    all.sort();
    all.dedup();
    all.retain(|name| !name.is_empty());
    all
}

/// Makes certificate and key, unless those that are there are for the same names and last.
fn self_signed(folder: &Path, names: Vec<String>, now_s: i64) -> Result<(), TlsError> {
    let wanted = names.join("\n");
    let is_good = |text: String| {
        let (of, made_s) = text.trim_end().rsplit_once('\n')?;
        let made_s: i64 = made_s.parse().ok()?;
        let age = made_s..made_s + (VALID_DAYS - RENEW_DAYS) * DAY_S;
        Some(of == wanted && age.contains(&now_s))
    };
    if fs::read_to_string(folder.join(NAMES_FILE))
        .ok()
        .and_then(is_good)
        == Some(true)
    {
        return Ok(());
    }
    let made = make(names.clone(), now_s).map_err(|source| TlsError::Make { names, source })?;
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| TlsError::Write { path, source }
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed(folder))?;
    let note = format!("{wanted}\n{now_s}\n");
    // The note comes last: what is written by half is made anew.
    for (name, text) in [
        (CA_FILE, made.ca),
        (CERTIFICATE_FILE, made.certificate),
        (KEY_FILE, made.key),
        (NAMES_FILE, note),
    ] {
        let path = folder.join(name);
        replace(&path, text.as_bytes()).map_err(failed(&path))?;
    }
    Ok(())
}

struct Made {
    ca: String,
    certificate: String,
    key: String,
}

/// Makes an authority, whose key is forgotten at once, and a certificate of it.
fn make(names: Vec<String>, now_s: i64) -> Result<Made, rcgen::Error> {
    let ca_key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::new())?;
    ca.distinguished_name
        .push(DnType::CommonName, "px up on this machine");
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let mut own = CertificateParams::new(names)?;
    own.distinguished_name.push(DnType::CommonName, "px up");
    own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    own.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    own.use_authority_key_identifier_extension = true;
    let day = |days: i64| {
        let seconds = u64::try_from(days * DAY_S).unwrap_or_default();
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(seconds)
    };
    for params in [&mut ca, &mut own] {
        params.not_before = day(now_s / DAY_S - SKEW_DAYS);
        params.not_after = day(now_s / DAY_S + VALID_DAYS);
    }
    let ca_certificate = ca.self_signed(&ca_key)?;
    let key = KeyPair::generate()?;
    let certificate = own.signed_by(&key, &Issuer::new(ca, ca_key))?;
    Ok(Made {
        ca: ca_certificate.pem(),
        certificate: certificate.pem(),
        key: key.serialize_pem(),
    })
}

fn replace(file: &Path, content: &[u8]) -> io::Result<()> {
    let temporary = file.with_extension(format!("new-{}", std::process::id()));
    let mut open = OpenOptions::new();
    let mut written = open
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&temporary)?;
    written.write_all(content)?;
    fs::rename(&temporary, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn self_made(folder: &Path, names: &[&str], now_s: i64) -> Result<String, TlsError> {
        let names = names.iter().map(|&name| name.to_owned()).collect();
        acceptor(&TlsConfig::SelfSigned { names }, folder, "host", now_s)?;
        Ok(fs::read_to_string(folder.join("tls/cert.pem")).unwrap())
    }

    #[test]
    fn a_certificate_is_made_once_for_its_names_and_time() {
        let folder = tempfile::tempdir().unwrap();
        let now_s = 1_800_000_000;
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
        self_made(folder.path(), &[], 1_800_000_000).unwrap();
        let tls = folder.path().join("tls");
        let files = |certificate: &str, key: &str| TlsConfig::Files {
            certificate: tls.join(certificate),
            key: tls.join(key),
        };
        let read = |config| acceptor(&config, folder.path(), "host", 0).map(drop);
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
}
