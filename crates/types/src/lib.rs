//! The vocabulary that every stage shares: identities, times, table specifications and rows.
//!
//! Nothing here does I/O or keeps global state, except [`clock`], the one place where wall time
//! is read. Stages hand each other these types and nothing of their own insides.

#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::expect_used,
        reason = "tests fail by panicking"
    )
)]

pub mod clock;
pub mod conn;
pub mod rows;
pub mod sink;
pub mod table;
pub mod upid;

pub use conn::{AddrFamily, ConnInfo, Direction, Role};
pub use rows::{Row, Rows};
pub use sink::{Loss, Sink, Status, StatusKind};
pub use table::{ColumnSpec, DataType, Encoding, PatternType, SemanticType, TableSpec};
pub use upid::Upid;
