//! Regular expressions, with the syntax and the messages of RE2. Matching takes time linear in
//! the text. Texts are read by characters, so `\C`, a single byte, is refused.

mod errors;
mod match_regex_rule;
mod regex_match;
mod repetitions;
mod replace;
mod syntax;

use crate::function::Function;
use regex::{Regex, RegexBuilder};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &regex_match::REGEX_MATCH,
    &replace::REPLACE,
    &match_regex_rule::MATCH_REGEX_RULE,
];

/// LIMIT: bytes of one compiled pattern; larger ones count as invalid.
const PATTERN_BYTES_MAX: usize = 4 << 20;

/// Returns the compiled pattern, or what RE2 says about it.
fn compile(pattern: &str, dot_matches_newline: bool) -> Result<Regex, String> {
    let pattern = syntax::translated(pattern);
    if let Some(refusal) = repetitions::refusal(&pattern) {
        return Err(refusal);
    }
    RegexBuilder::new(&pattern)
        .size_limit(PATTERN_BYTES_MAX)
        .dot_matches_new_line(dot_matches_newline)
        .build()
        .map_err(|_| errors::message(&pattern))
}
