//! What `px` says about its work, on standard error.
//!
//! Whoever listened there may have gone: then nothing is said, and the work goes on.

use nixie_live::cells::harmless;
use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Only what went wrong, and what is missing of a result, is said.
static IS_QUIET: AtomicBool = AtomicBool::new(false);

/// Leaves out, from now on, what tells of success only.
pub(crate) fn be_quiet() {
    IS_QUIET.store(true, Ordering::Relaxed);
}

/// Returns true if what tells of success only is left out.
pub(crate) fn is_quiet() -> bool {
    IS_QUIET.load(Ordering::Relaxed)
}

/// Says a line that tells of success only.
pub(crate) fn note(text: Arguments<'_>) {
    if !is_quiet() {
        line(text);
    }
}

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
