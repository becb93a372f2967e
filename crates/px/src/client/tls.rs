//! What the client trusts.

use crate::failure::{Exit, Failure};
use rustls_native_certs::load_native_certs;
use std::path::Path;
use std::sync::Arc;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

/// Returns how to make TLS connections; `file` holds the certificates to trust instead of the
/// system's.
pub(super) fn config(file: Option<&Path>) -> Result<TlsConfig, Failure> {
    let trusted = match file {
        Some(file) => read(file)?,
        None => of_system()?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(provider)
        .root_certs(RootCerts::Specific(Arc::new(trusted)));
    Ok(config.build())
}

fn read(file: &Path) -> Result<Vec<Certificate<'static>>, Failure> {
    let message = || format!("cannot read certificates from `{}`", file.display());
    let text = std::fs::read(file)
        .map_err(|error| Failure::new(Exit::Usage, message()).caused_by(&error))?;
    let mut found = Vec::new();
    for item in parse_pem(&text) {
        let item = item.map_err(|error| Failure::new(Exit::Usage, message()).caused_by(&error))?;
        if let PemItem::Certificate(certificate) = item {
            found.push(certificate);
        }
    }
    if found.is_empty() {
        let failure = Failure::new(Exit::Usage, message());
        return Err(failure.hint("the file must have `-----BEGIN CERTIFICATE-----` in it"));
    }
    Ok(found)
}

fn of_system() -> Result<Vec<Certificate<'static>>, Failure> {
    let loaded = load_native_certs();
    if loaded.certs.is_empty() {
        let causes = loaded.errors.iter().map(ToString::to_string).collect();
        let failure = Failure::new(Exit::Failed, "this system trusts no certificate");
        return Err(failure
            .with_causes(causes)
            .hint("install the package `ca-certificates`, or name a file with `--ca-cert`"));
    }
    let certificates = loaded.certs.iter();
    Ok(certificates
        .map(|certificate| Certificate::from_der(certificate).to_owned())
        .collect())
}
