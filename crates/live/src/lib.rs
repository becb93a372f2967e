//! The terminal UI `px live`: what is shown, what keys do, and how widgets are drawn.
//!
//! ```text
//! terminal ── keys ──→ Model ── Effect ──→ Source (runs scripts; implemented by px)
//!     ↑                  ↑                   │
//!     └──── frames ──────┴──── Told ←────────┘
//! ```
//!
//! [`Model`] is pure: it has neither clock nor terminal nor agent, so that tests can drive it and
//! look at what it draws. [`show`] connects it to a terminal and a [`Source`]. [`cells`] holds how
//! values are written, for `px run` as well.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

pub mod cells;
mod command;
mod data;
mod draw;
mod keys;
mod model;
mod palette;
mod source;
mod terminal;
#[cfg(test)]
mod testing;
mod viewer;
mod widget;

pub use keys::reference as key_reference;
pub use model::{Effect, Input, Model, Options};
pub use source::{Named, Script, Source, Told};
pub use terminal::{LiveError, show};
