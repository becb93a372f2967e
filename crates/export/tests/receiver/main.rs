//! Exports to real receivers: the services of opentelemetry-proto, served by tonic, and an HTTP
//! server. Tests wait for what must happen; the exporter's own limits end them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod data;
mod failures;
mod fields;
mod grpc;
mod http;
mod https;
