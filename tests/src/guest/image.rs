//! What a guest has for files: busybox, the binary under test, and the libraries that they need.

use super::cpio::Archive;
use crate::scene::Scene;
use crate::tools::{program, px, workload};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the guest's first process mounts something, and what is not made by making files.
const FOLDERS: [&str; 3] = ["/dev", "/proc", "/sys"];

/// Writes the archive that a guest starts with into the folder of the scene.
pub(super) fn write(scene: &Scene) -> PathBuf {
    let mut archive = Archive::default();
    for folder in FOLDERS {
        archive.folder(folder);
    }
    archive.program("/init", &read(&workload("guest.sh")));
    let (busybox, px) = (program("busybox"), stripped(scene, &px()));
    let libraries: BTreeSet<String> = [&busybox, &px]
        .into_iter()
        .flat_map(|file| libraries_of(file))
        .collect();
    archive.program("/bin/busybox", &read(&busybox));
    archive.program("/bin/px", &read(&px));
    for path in libraries {
        archive.program(&path, &read(Path::new(&path)));
    }
    let image = scene.path("guest.cpio");
    fs::write(&image, archive.finish()).expect("the folder is ours");
    image
}

/// Copies a program without what only debuggers read, which is most of it in builds for tests.
fn stripped(scene: &Scene, file: &Path) -> PathBuf {
    let copy = scene.path("px");
    let status = Command::new(program("strip"))
        .args(["--strip-all", "-o"])
        .args([&copy, file])
        .status()
        .expect("strip starts");
    assert!(status.success(), "strip: {status}");
    copy
}

/// Returns the paths of the libraries that a program is loaded with; none for a static one.
fn libraries_of(file: &Path) -> Vec<String> {
    let output = Command::new(program("ldd")).arg(file).output();
    let output = output.expect("ldd starts");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("not found"), "{}: {text}", file.display());
    // `NAME => PATH (ADDRESS)`, or `PATH (ADDRESS)` for what loads the others.
    let path = |line: &str| {
        let (path, _) = line.rsplit_once(" (")?;
        Some(path[path.find('/')?..].to_owned())
    };
    text.lines().filter_map(path).collect()
}

fn read(file: &Path) -> Vec<u8> {
    fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_are_files_and_include_what_loads_them() {
        let libraries = libraries_of(&program("ip"));
        assert!(
            libraries.iter().any(|path| path.contains("/ld-linux")),
            "{libraries:?}"
        );
        assert!(
            libraries.iter().all(|path| Path::new(path).is_file()),
            "{libraries:?}"
        );
    }
}
