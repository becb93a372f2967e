//! Notes in a folder which packages were installed into it.

use anyhow::Result;
use std::fs;
use std::path::Path;

const FILE: &str = "installed";

/// Returns true if the folder has these very packages.
pub(super) fn is_set(folder: &Path, packages: &[&str]) -> bool {
    let installed = fs::read_to_string(folder.join(FILE));
    installed.is_ok_and(|installed| installed == packages.join("\n"))
}

/// Notes that all packages are installed.
pub(super) fn set(folder: &Path, packages: &[&str]) -> Result<()> {
    fs::write(folder.join(FILE), packages.join("\n"))?;
    Ok(())
}
