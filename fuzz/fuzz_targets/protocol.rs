//! Any conversation, for every protocol in the registry: the laws of the test kit hold.
//!
//! `cargo +nightly fuzz run protocol`

#![no_main]

use libfuzzer_sys::fuzz_target;
use nixie_protocols::Limits;
use nixie_protocols::testkit::laws;
use std::sync::{Arc, LazyLock};

static SMALL: LazyLock<Arc<Limits>> = LazyLock::new(|| {
    Arc::new(Limits {
        buffer_bytes_max: 512,
        body_bytes_max: 64,
        records_bytes_max: 4096,
        ..Limits::default()
    })
});

fuzz_target!(|bytes: &[u8]| {
    let wire = laws::conversation(bytes);
    laws::limits_hold(&wire, &SMALL);
    laws::rechunking_changes_nothing(&wire, &[1], &Arc::new(Limits::default()));
});
