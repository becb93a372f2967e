//! Regular expressions, in the syntax of the `regex` crate, which is that of RE2 for all patterns
//! in common use. Matching takes time linear in the text.

mod regex_match;
mod replace;

use crate::function::Function;
use regex::{Regex, RegexBuilder};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[&regex_match::REGEX_MATCH, &replace::REPLACE];

/// LIMIT: bytes of one compiled pattern; larger ones count as invalid.
const PATTERN_BYTES_MAX: usize = 4 << 20;

fn compile(pattern: &str, dot_matches_newline: bool) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .dot_matches_new_line(dot_matches_newline)
        .build()
}
