//! Any conversation, for every protocol in the registry: the laws of the test kit hold.
//!
//! `cargo +nightly fuzz run protocol -- -dict=protocol.dict`

#![no_main]

use libfuzzer_sys::fuzz_target;
use nixie_protocols::Limits;
use nixie_protocols::testkit::{ALL, laws};
use std::sync::{Arc, LazyLock};

static SMALL: LazyLock<Arc<Limits>> = LazyLock::new(|| {
    Arc::new(Limits {
        buffer_bytes_max: 512,
        body_bytes_max: 64,
        records_bytes_max: 4096,
        ..Limits::default()
    })
});
static USUAL: LazyLock<Arc<Limits>> = LazyLock::new(|| Arc::new(Limits::default()));

fuzz_target!(|bytes: &[u8]| {
    let wire = laws::conversation(bytes);
    laws::limits_hold(&wire, &SMALL);
    // The input chooses one more way to cut it, and which limits the cuts are tried with.
    let choice = bytes.last().copied().unwrap_or_default();
    let limits = if choice & 1 == 0 { &SMALL } else { &USUAL };
    laws::rechunking_changes_nothing(&wire, &[1], limits);
    laws::rechunking_changes_nothing(&wire, &[usize::from(choice >> 1) + 2, 3], limits);
    for protocol in *ALL {
        laws::decisions_are_final(protocol, &bytes[..bytes.len().min(DECIDED_BYTES_MAX)]);
    }
});

/// LIMIT: bytes given to detectors one by one; it takes the square of them.
const DECIDED_BYTES_MAX: usize = 256;
