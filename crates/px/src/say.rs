//! What `px` says about its work, on standard error.
//!
//! Whoever listened there may have gone: then nothing is said, and the work goes on.

use nixie_live::cells::harmless;
use std::fmt::Arguments;
use std::io::{self, Write};

/// Says a line.
pub(crate) fn line(text: Arguments<'_>) {
    self::text(format_args!("{text}\n"));
}

/// Says text that holds its own line ends. What was captured, and what others say, may be in it:
/// nothing of it is an order to the terminal.
pub(crate) fn text(text: Arguments<'_>) {
    let text = text.to_string();
    let written = io::stderr().write_all(harmless(&text).as_bytes());
    written.unwrap_or_default();
}
