//! Pages of the documentation, whose examples are run as they are written.

use std::fs;
use std::path::Path;

/// Begins and ends a block of code.
const FENCE: &str = "```";

/// Returns the blocks in a language of a page below `docs`.
///
/// # Panics
///
/// When there is no such page.
#[must_use]
pub fn blocks(page: &str, language: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../docs")
        .join(page);
    let text = fs::read_to_string(path).expect("the page is there");
    let begin = format!("{FENCE}{language}\n");
    let parts = text.split(&begin).skip(1);
    let block = |part: &str| part.split(FENCE).next().unwrap_or_default().to_owned();
    parts.map(block).collect()
}
