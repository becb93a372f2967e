//! HTTP/1.0 and HTTP/1.1: one row an exchange.
//!
//! | file | what |
//! |---|---|
//! | `detect` | is this HTTP; where does the next message start |
//! | `head` | start line and headers: framing, and the header columns |
//! | `body` | the rest of a message: lengths, chunks, gaps inside |
//! | `message` | what is kept of a message |
//! | `stitch` | which response answers which request, also after losses |
//! | `encoding` | gzip, deflate, br, zstd of a body's kept part |
//! | `table` | columns and rows |
//!
//! Limits are named in those files. Specification: RFC 9110 and RFC 9112.

mod body;
mod detect;
mod encoding;
mod head;
mod headers;
mod message;
mod parser;
mod stitch;
mod table;

use crate::Protocol;

pub use table::HTTP_EVENTS;

/// HTTP/1.x.
pub static PROTOCOL: Protocol = Protocol {
    name: "http",
    summary: "HTTP/1.0 and HTTP/1.1, with bodies",
    code: 1,
    detect: detect::detect,
    resync: detect::resync,
    parser: |limits, mid_stream| Box::new(parser::Http::new(limits, mid_stream)),
    tables: &[&HTTP_EVENTS],
};
