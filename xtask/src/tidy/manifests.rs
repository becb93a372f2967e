//! What every manifest and every kernel-side file must say.

use super::Tree;
use anyhow::Result;

const SPDX: &str = "SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0";

/// Fields that every crate takes from the workspace.
const INHERITED: [&str; 5] = ["version", "edition", "rust-version", "license", "publish"];

/// Complains about manifests without the shared lints and about `bpf/` without its licence.
pub(super) fn complaints(tree: &Tree) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in &tree.files {
        let text = file.text().unwrap_or_default();
        let path = &file.path;
        if path.ends_with("/Cargo.toml") && !text.contains("[workspace]") {
            found.extend(manifest(path, text));
        }
        let is_kernel = path.starts_with("bpf/") && (path.ends_with(".c") || path.ends_with(".h"));
        if is_kernel && !text.lines().next().is_some_and(|line| line.contains(SPDX)) {
            found.push(format!("`{path}` must start with `{SPDX}`"));
        }
    }
    Ok(found)
}

fn manifest(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    if !text.contains("[lints]\nworkspace = true") {
        found.push(format!(
            "`{path}` does not inherit the lints: `[lints]`, `workspace = true`"
        ));
    }
    for field in INHERITED {
        if !text.contains(&format!("\n{field}.workspace = true")) {
            found.push(format!("`{path}` does not inherit `{field}`"));
        }
    }
    // Versions are settled once, for all crates.
    let own_version = text.lines().find(|line| {
        line.contains(" = \"") && line.split(" = ").nth(1).is_some_and(starts_with_version)
    });
    found.extend(own_version.map(|line| format!("`{path}` has a version of its own: `{line}`")));
    found
}

fn starts_with_version(value: &str) -> bool {
    let value = value.trim_start_matches(['"', '=', '^', '~']);
    value.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "[package]\nname = \"x\"\nversion.workspace = true\n\
        edition.workspace = true\nrust-version.workspace = true\nlicense.workspace = true\n\
        publish.workspace = true\n\n[lints]\nworkspace = true\n";

    #[test]
    fn a_manifest_inherits_everything() {
        assert_eq!(manifest("x/Cargo.toml", GOOD), Vec::<String>::new());
        let without = GOOD.replace("[lints]\nworkspace = true\n", "");
        assert_eq!(manifest("x/Cargo.toml", &without).len(), 1);
        let own = format!("{GOOD}\n[dependencies]\nserde = \"1.0\"\n");
        assert_eq!(
            manifest("x/Cargo.toml", &own),
            ["`x/Cargo.toml` has a version of its own: `serde = \"1.0\"`"]
        );
    }

    #[test]
    fn kernel_files_name_their_licence_first() {
        let tree = Tree::of(&[
            ("bpf/a.bpf.c", &format!("// {SPDX}\nint x;\n")),
            ("bpf/include/b.h", "int x;\n"),
        ]);
        let found = complaints(&tree).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with("`bpf/include/b.h`"));
    }
}
