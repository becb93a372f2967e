//! A certificate of the agent's own making, in the state folder, and the authority that clients trust.

use super::{DAY_S, TlsError};
use crate::private_file::replace;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use std::fs::{self, DirBuilder};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Folder in the state folder.
const FOLDER: &str = "tls";
const CA_FILE: &str = "ca.pem";
const CERTIFICATE_FILE: &str = "cert.pem";
const KEY_FILE: &str = "key.pem";
/// What the certificate is for, one name a line, and at last when it was made.
const NAMES_FILE: &str = "names";

/// How long it is valid.
const VALID_DAYS: i64 = 397;

/// It is made anew so long before it expires.
const RENEW_DAYS: i64 = 30;

/// A clock of a client may be behind.
const SKEW_DAYS: i64 = 1;

/// Returns the names that a certificate is for.
pub(super) fn all_names(names: &[String], hostname: &str) -> Vec<String> {
    let usual = ["localhost", "127.0.0.1", "::1", hostname].map(str::to_owned);
    let mut all: Vec<String> = usual.into_iter().chain(names.iter().cloned()).collect();
    all.sort();
    all.dedup();
    all.retain(|name| !name.is_empty());
    all
}

/// Returns the files of certificate and key; makes them, unless those that are there are for the same
/// names and last.
pub(super) fn files(
    state_folder: &Path,
    names: Vec<String>,
    now_s: i64,
) -> Result<(PathBuf, PathBuf), TlsError> {
    let folder = &state_folder.join(FOLDER);
    let files = (folder.join(CERTIFICATE_FILE), folder.join(KEY_FILE));
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
        return Ok(files);
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
    Ok(files)
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
