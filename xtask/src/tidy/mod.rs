//! Rules that no compiler checks: sizes, names, licences, and who may depend on whom.
//!
//! A rule is a function from the tree to complaints, with tests of its own. All rules run, so
//! that one run shows everything.

mod documents;
mod edges;
mod files;
mod licences;
mod manifests;
mod names;
mod words;

use crate::{command, workspace};
use anyhow::{Result, bail};
use std::path::PathBuf;
use std::process::Command;

/// A rule: its name, and what it finds wrong.
type Rule = (&'static str, fn(&Tree) -> Result<Vec<String>>);

static RULES: &[Rule] = &[
    ("dependencies point one way", edges::complaints),
    ("licences and sources of dependencies", licences::complaints),
    ("files are small and text", files::complaints),
    ("names say something", names::complaints),
    ("nothing is left over", words::complaints),
    ("manifests inherit", manifests::complaints),
    ("documents hold what they must", documents::complaints),
];

/// The files of the project, as git sees them.
pub(crate) struct Tree {
    files: Vec<File>,
}

/// A file with its content.
pub(crate) struct File {
    /// Path from the root of the checkout.
    path: String,
    bytes: Vec<u8>,
}

impl File {
    /// Returns the content as text; none for something else.
    fn text(&self) -> Option<&str> {
        std::str::from_utf8(&self.bytes).ok()
    }
}

impl Tree {
    fn read() -> Result<Self> {
        let mut command = Command::new("git");
        command.arg("-C").arg(workspace::root());
        command.args([
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listed = command::output(&mut command)?;
        let mut files = Vec::new();
        for path in listed.split_terminator('\0') {
            let file: PathBuf = workspace::root().join(path);
            // Listed files may have been removed; links have no content of their own.
            if file.symlink_metadata().is_ok_and(|data| data.is_file()) {
                files.push(File {
                    path: path.to_owned(),
                    bytes: std::fs::read(file)?,
                });
            }
        }
        Ok(Self { files })
    }

    /// Returns the text of a file by its path.
    fn text_of(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path)?.text()
    }

    #[cfg(test)]
    fn of(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File {
            path: path.to_owned(),
            bytes: text.as_bytes().to_vec(),
        };
        Self {
            files: files.iter().map(file).collect(),
        }
    }
}

/// Runs all rules and prints what they find.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read()?;
    let mut found = 0;
    for (name, rule) in RULES {
        for complaint in rule(&tree)? {
            eprintln!("{name}: {complaint}");
            found += 1;
        }
    }
    if found > 0 {
        bail!("the tree is not tidy: {found} complaints, see above");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tree_is_read_with_its_content() {
        let tree = Tree::read().unwrap();
        assert!(
            tree.text_of("xtask/src/tidy/mod.rs")
                .is_some_and(|text| text.contains("RULES"))
        );
        assert_eq!(tree.text_of("no/such/file"), None);
    }
}
