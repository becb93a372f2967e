//! The gRPC API as clients see it: a server on a port of its own, and clients over the network.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests fail by panicking"
)]

mod access;
mod cloud;
mod connections;
mod library;
mod running;
mod scripts;
mod stopping;
mod strangers;
mod web;
