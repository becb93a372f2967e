//! Vectors, laws and sample connections: for tests, fuzzing and benches, never in a release.
//!
//! Everything iterates the registry, so a new protocol is covered once its folder holds vectors.

pub mod laws;
pub mod render;
pub mod wire;

use crate::{PROTOCOLS, Protocol, template};
use nixie_types::{ConnInfo, Role, Upid};
use std::path::PathBuf;
use std::sync::LazyLock;

/// The registry and the template protocol.
pub static ALL: LazyLock<&'static [&'static Protocol]> = LazyLock::new(|| {
    let mut all = PROTOCOLS.to_vec();
    all.push(&template::PROTOCOL);
    all.leak()
});

/// Returns what is known of the connection in all tests.
#[must_use]
pub fn sample_conn(role: Role) -> ConnInfo {
    ConnInfo {
        upid: Upid {
            asid: 1,
            pid: 42,
            start_ticks: 7,
        },
        remote_addr: "10.0.0.2".to_owned(),
        remote_port: 41000,
        local_addr: "10.0.0.1".to_owned(),
        local_port: 8080,
        role,
        encrypted: false,
    }
}

/// Returns the folder of a protocol's vectors.
#[must_use]
pub fn testdata(protocol: &Protocol) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("src")
        .join(protocol.name)
        .join("testdata")
}

/// Reads all vectors of a protocol, by name.
///
/// # Panics
///
/// When a file cannot be read or is not a vector.
#[must_use]
pub fn vectors(protocol: &Protocol) -> Vec<wire::Wire> {
    let folder = testdata(protocol);
    let listing = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("cannot list `{}`: {error}", folder.display()));
    let mut paths: Vec<_> = listing
        .map(|entry| {
            entry
                .unwrap_or_else(|error| panic!("cannot list vectors: {error}"))
                .path()
        })
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "wire")
        })
        .collect();
    paths.sort();
    paths.iter().map(|path| wire::Wire::read(path)).collect()
}
