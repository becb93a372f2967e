//! Sizes, and no binary files.

use super::{File, Tree};
use anyhow::Result;

/// LIMIT: lines of a file by its ending; more is two files.
const LINES_MAX: [(&str, usize); 8] = [
    (".rs", 800),
    (".c", 800),
    (".h", 800),
    (".py", 400),
    (".pxl", 200),
    ("Makefile", 100),
    ("README.md", 150),
    ("ARCHITECTURE.md", 400),
];

/// LIMIT: bytes of any other file.
const BYTES_MAX: usize = 256 << 10;

/// Complains about files that are too long or not text.
pub(super) fn complaints(tree: &Tree) -> Result<Vec<String>> {
    Ok(tree.files.iter().filter_map(complaint).collect())
}

fn complaint(file: &File) -> Option<String> {
    let path = &file.path;
    let Some(text) = file.text().filter(|text| !text.contains('\0')) else {
        return Some(format!("`{path}` is not text"));
    };
    let lines = text.lines().count();
    let limit = LINES_MAX.iter().find(|(ending, _)| path.ends_with(ending));
    if let Some(&(_, max)) = limit.filter(|&&(_, max)| lines > max) {
        return Some(format!(
            "`{path}` has {lines} lines; at most {max} are allowed"
        ));
    }
    let bytes = file.bytes.len();
    (bytes > BYTES_MAX && path != "Cargo.lock")
        .then(|| format!("`{path}` has {bytes} bytes; at most {BYTES_MAX} are allowed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_and_binary_files_are_found() {
        let long = "line\n".repeat(801);
        let large = "x".repeat(BYTES_MAX + 1);
        let tree = Tree::of(&[
            ("src/lib.rs", &long),
            ("src/main.rs", &long[..5 * 800]),
            ("logo.png", "\0png"),
            ("data.json", &large),
            ("Cargo.lock", &large),
        ]);
        let found = complaints(&tree).unwrap();
        assert_eq!(found.len(), 3, "{found:?}");
        assert_eq!(
            found[0],
            "`src/lib.rs` has 801 lines; at most 800 are allowed"
        );
        assert_eq!(found[1], "`logo.png` is not text");
    }
}
