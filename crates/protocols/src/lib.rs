//! Turns the two byte streams of a connection into request/response records; pure.
//!
//! The collector gives each connection a [`ConnStream`], feeds it bytes and gaps, and drains
//! rows. The stream finds out which protocol is spoken, and drives that protocol's [`Parser`].
//! A protocol is one folder here and one word in the `protocols!` line below.
//!
//! Nothing here does I/O, reads a clock, starts a thread or logs. What is lost or dropped is in
//! [`Counters`]; what is kept is bounded by [`Limits`].

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

pub mod conn;
mod counters;
mod limits;
mod protocol;
mod stream;
mod text;

#[cfg(any(test, feature = "testkit"))]
pub mod template;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;

pub use counters::Counters;
pub use limits::Limits;
pub use protocol::{Found, Guess, Input, Parsed, Parser, Protocol, RowSink, Side, TableRows};
pub use stream::{Chunk, ConnStream, GiveUp, Verdict};

/// Declares the module of each protocol and lists it in [`PROTOCOLS`].
macro_rules! protocols {
    ($($name:ident),* $(,)?) => {
        $(pub mod $name;)*

        /// Every protocol that connections are tried against, alphabetical.
        pub static PROTOCOLS: &[&Protocol] = &[$(&$name::PROTOCOL),*];
    };
}

protocols! { http }
