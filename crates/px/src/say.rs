//! What `px` says about its work, on standard error.
//!
//! Whoever listened there may have gone: then nothing is said, and the work goes on.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Says a line.
pub(crate) fn line(text: Arguments<'_>) {
    writeln!(io::stderr(), "{text}").unwrap_or_default();
}

/// Says text that holds its own line ends.
pub(crate) fn text(text: Arguments<'_>) {
    write!(io::stderr(), "{text}").unwrap_or_default();
}
