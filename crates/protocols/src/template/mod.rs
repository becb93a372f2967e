//! A protocol made up for tests, to copy when adding a real one: one line asked, one answered.
//!
//! ```text
//! request   "Q " text LF
//! response  "A " text LF
//! ```
//!
//! It is compiled for tests only. `docs/howto/add-a-protocol.md` walks through it.

mod detect;
mod frame;
mod stitch;
mod table;

use crate::Protocol;

pub use table::TEMPLATE_EVENTS;

/// The made-up protocol. Its code is not one of the published numbers.
pub static PROTOCOL: Protocol = Protocol {
    name: "template",
    summary: "made up for tests",
    code: -1,
    detect: detect::detect,
    resync: detect::resync,
    parser: |_, mid_stream| Box::new(stitch::Template::new(mid_stream)),
    tables: &[&TEMPLATE_EVENTS],
};
