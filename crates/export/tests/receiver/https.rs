//! Connections with TLS, to a receiver whose certificate only the system's list makes known.
//!
//! The list is a file that the environment names, so the exporter runs in a process of its own:
//! this test once more.

use crate::data::{batch, gauge, send};
use crate::grpc::Receiver;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::io::Write;
use std::process::{Command, Stdio};
use tonic::transport::{Identity, ServerTlsConfig};

/// Set in the process of the exporter: where to send.
const URL: &str = "NIXIE_TEST_EXPORT_URL";

/// Set there, too: the file to write what became of the export.
const REPORT: &str = "NIXIE_TEST_EXPORT_REPORT";

#[tokio::test]
async fn exporter_process() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let (report, _) = send(gauge(&url), &[batch(3)]).await.unwrap();
    let told = format!("{} {:?}", report.points.sent, report.problems);
    std::fs::write(std::env::var(REPORT).unwrap(), told).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_the_system_knows_is_needed() {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let identity = Identity::from_pem(cert.pem(), signing_key.serialize_pem());
    let tls = ServerTlsConfig::new().identity(identity);
    let receiver = Receiver::start_with(&[], Some(tls)).await;
    let other = generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let port = receiver.address.port();

    let known = exported(&cert.pem(), &format!("https://localhost:{port}")).await;
    assert!(known.contains("3 []"), "{known}");
    let unknown = exported(&other.cert.pem(), &format!("https://localhost:{port}")).await;
    assert!(
        unknown.contains("0 [") && unknown.contains("certificate"),
        "{unknown}"
    );
}

/// Returns what became of an export that trusts one certificate.
async fn exported(certificate: &str, url: &str) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(certificate.as_bytes()).unwrap();
    let report = tempfile::NamedTempFile::new().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", "https::exporter_process"])
        .env("SSL_CERT_FILE", file.path())
        .env_remove("SSL_CERT_DIR")
        .env(URL, url)
        .env(REPORT, report.path())
        .stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output())
        .await
        .unwrap()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    std::fs::read_to_string(report.path()).unwrap()
}
