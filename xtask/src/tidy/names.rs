//! Names of crates and modules that would say nothing.

use super::Tree;
use anyhow::Result;

const BANNED: [&str; 7] = [
    "common", "core", "helper", "helpers", "misc", "util", "utils",
];

/// Complains about folders and files of code with such a name.
pub(super) fn complaints(tree: &Tree) -> Result<Vec<String>> {
    let mut found: Vec<String> = tree
        .files
        .iter()
        .filter_map(|file| banned(&file.path))
        .collect();
    found.sort();
    found.dedup();
    Ok(found)
}

fn banned(path: &str) -> Option<String> {
    let is_code = [".rs", ".c", ".h", ".py", ".toml"]
        .iter()
        .any(|ending| path.ends_with(ending));
    let part = path.split('/').find(|part| {
        let stem = part.split('.').next().unwrap_or(part);
        BANNED.contains(&stem)
    })?;
    is_code.then(|| format!("`{path}`: `{part}` says nothing; name what it holds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_and_modules_must_say_what_they_hold() {
        let tree = Tree::of(&[
            ("crates/common/Cargo.toml", ""),
            ("crates/query/src/utils.rs", ""),
            ("crates/query/src/core_count.rs", ""),
            ("docs/misc/notes.md", ""),
        ]);
        let found = complaints(&tree).unwrap();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[1].contains("`utils.rs` says nothing"));
    }
}
