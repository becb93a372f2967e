//! x
#[allow(unsafe_code, missing_docs, clippy::all, warnings, reason="g")]
mod skel { include!(concat!(env!("OUT_DIR"), "/collector.skel.rs")); }
