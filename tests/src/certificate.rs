//! Certificates for servers of tests.

use crate::scene::Scene;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use std::path::PathBuf;

/// Files of a certificate, and of the authority that has signed it.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The authority.
    pub ca: PathBuf,
    /// The certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
}

impl Certificate {
    /// Makes one for this machine that is good until the end of a year.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn of_this_machine(scene: &Scene, name: &str, last_year: i32) -> Self {
        let times = |params: &mut CertificateParams| {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(last_year, 12, 31);
        };
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        // An issuer of the same name would make the certificate look self-signed.
        ca.distinguished_name
            .push(DnType::CommonName, "authority of a test");
        ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        ca.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        times(&mut ca);
        let ca_key = KeyPair::generate().unwrap();
        let authority = ca.self_signed(&ca_key).unwrap().pem();
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut own = CertificateParams::new(names.to_vec()).unwrap();
        own.distinguished_name
            .push(DnType::CommonName, "server of a test");
        own.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        own.use_authority_key_identifier_extension = true;
        times(&mut own);
        let key = KeyPair::generate().unwrap();
        let certificate = own.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap().pem();
        let write = |part: &str, text: &str| scene.write(&format!("{name}-{part}.pem"), text);
        Self {
            ca: write("ca", &authority),
            certificate: write("cert", &certificate),
            key: write("key", &key.serialize_pem()),
        }
    }
}
