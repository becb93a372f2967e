//! Documents that must be there, and what they must say.

use super::Tree;
use anyhow::Result;

/// Documents, each with what a reader looks for in it.
const DOCUMENTS: [(&str, &[&str]); 9] = [
    ("README.md", &["make demo", "make test", "## Limits"]),
    ("ARCHITECTURE.md", &["## Code map", "Invariant"]),
    ("CONTRIBUTING.md", &["make test"]),
    ("SECURITY.md", &["report"]),
    ("CHANGELOG.md", &["## Unreleased"]),
    (
        "LICENSE",
        &["Apache License", "END OF TERMS AND CONDITIONS"],
    ),
    (
        "LICENSE-GPL-2.0",
        &["GNU GENERAL PUBLIC LICENSE", "END OF TERMS AND CONDITIONS"],
    ),
    ("docs/howto/add-a-source.md", &["sources!"]),
    ("docs/concepts/glossary.md", &["**Event**"]),
];

/// Complains about missing documents and about links to files that are not there.
pub(super) fn complaints(tree: &Tree) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (path, parts) in DOCUMENTS {
        match tree.text_of(path) {
            None => found.push(format!("`{path}` is missing")),
            Some(text) => found.extend(
                parts
                    .iter()
                    .filter(|part| !text.contains(**part))
                    .map(|part| format!("`{path}` does not mention `{part}`")),
            ),
        }
    }
    for file in tree.files.iter().filter(|file| file.path.ends_with(".md")) {
        found.extend(broken_links(
            tree,
            &file.path,
            file.text().unwrap_or_default(),
        ));
    }
    Ok(found)
}

fn broken_links(tree: &Tree, path: &str, text: &str) -> Vec<String> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let targets = text
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    targets
        .map(|target| target.split('#').next().unwrap_or_default())
        .filter(|target| !target.is_empty() && !target.contains("://"))
        .filter(|target| !is_there(tree, &joined(folder, target)))
        .map(|target| format!("`{path}` links to `{target}`, which is not there"))
        .collect()
}

fn is_there(tree: &Tree, path: &str) -> bool {
    let below = format!("{}/", path.trim_end_matches('/'));
    tree.files
        .iter()
        .any(|file| file.path == path || file.path.starts_with(&below))
}

fn joined(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            other => parts.push(other),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_documents_and_words_are_found() {
        let found = complaints(&Tree::of(&[("SECURITY.md", "Nothing here.\n")])).unwrap();
        assert!(
            found.contains(&"`README.md` is missing".to_owned()),
            "{found:?}"
        );
        assert!(found.contains(&"`SECURITY.md` does not mention `report`".to_owned()));
    }

    #[test]
    fn links_lead_somewhere() {
        let tree = Tree::of(&[("docs/howto/a.md", ""), ("bpf/x.c", "")]);
        let text = "[a](../../bpf) [b](a.md#top) [c](https://example.org) [d](b.md)";
        assert_eq!(
            broken_links(&tree, "docs/howto/a.md", text),
            ["`docs/howto/a.md` links to `b.md`, which is not there"]
        );
    }
}
