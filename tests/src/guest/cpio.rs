//! Archives of the form that the kernel unpacks at its start.
//!
//! | entry | bytes |
//! |---|---|
//! | magic | `070701` |
//! | 13 numbers | 8 hexadecimal digits each: inode, mode, owner, group, links, time, size, 4 of devices, length of the path, checksum |
//! | path | with a final zero, filled up to 4 bytes |
//! | content | filled up to 4 bytes |
//!
//! The last entry is called `TRAILER!!!`. See Documentation/driver-api/early-userspace/buffer-format.rst
//! of Linux.

use std::collections::BTreeSet;
use std::path::Path;

const FOLDER: u32 = 0o040_755;
const PROGRAM: u32 = 0o100_755;

/// An archive in memory.
#[derive(Debug, Default)]
pub(super) struct Archive {
    bytes: Vec<u8>,
    folders: BTreeSet<String>,
    entries: u32,
}

impl Archive {
    /// Adds a file that may be run, and the folders above it.
    pub(super) fn program(&mut self, path: &str, content: &[u8]) {
        self.folders_above(path);
        self.entry(path, PROGRAM, content);
    }

    /// Adds a folder, and those above it.
    pub(super) fn folder(&mut self, path: &str) {
        self.folders_above(path);
        if self.folders.insert(path.to_owned()) {
            self.entry(path, FOLDER, &[]);
        }
    }

    /// Returns the bytes of the whole archive.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.entry("TRAILER!!!", 0, &[]);
        self.bytes
    }

    fn folders_above(&mut self, path: &str) {
        let above = Path::new(path).parent().and_then(Path::to_str);
        if let Some(above) = above.filter(|above| !["", "/"].contains(above)) {
            self.folder(above);
        }
    }

    fn entry(&mut self, path: &str, mode: u32, content: &[u8]) {
        self.entries += 1;
        let path = path.trim_start_matches('/');
        let number = |length: usize| u32::try_from(length).expect("less than 4 GiB");
        let (size, path_bytes) = (number(content.len()), number(path.len() + 1));
        let numbers = [
            self.entries,
            mode,
            0,
            0,
            1,
            0,
            size,
            0,
            0,
            0,
            0,
            path_bytes,
            0,
        ];
        self.bytes.extend(b"070701");
        for number in numbers {
            self.bytes.extend(format!("{number:08x}").bytes());
        }
        self.bytes.extend(path.bytes());
        self.bytes.push(0);
        self.fill();
        self.bytes.extend(content);
        self.fill();
    }

    fn fill(&mut self) {
        let whole = self.bytes.len().next_multiple_of(4);
        self.bytes.resize(whole, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tools::program;
    use std::io::Write;
    use std::process::{Command, Stdio};

    /// Another program reads what was written.
    #[test]
    fn busybox_finds_all_files_with_their_content() {
        let mut archive = Archive::default();
        archive.program("/lib/deep/a.so", b"12345");
        archive.program("/lib/deep/b.so", &[7; 9000]);
        archive.folder("/proc");
        let folder = tempfile::tempdir().unwrap();
        let mut reader = Command::new(program("busybox"))
            .args(["cpio", "-i", "-d"])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = reader.stdin.take().unwrap();
        input.write_all(&archive.finish()).unwrap();
        drop(input);
        assert!(reader.wait().unwrap().success());
        let content = |path: &str| std::fs::read(folder.path().join(path)).unwrap();
        assert_eq!(content("lib/deep/a.so"), b"12345");
        assert_eq!(content("lib/deep/b.so"), [7; 9000]);
        assert!(folder.path().join("proc").is_dir());
    }
}
