//! Packages from npm, in a folder of their own.

use super::stamp;
use crate::command::run;
use crate::workspace;
use anyhow::Result;
use std::fs;
use std::process::Command;

/// An identity provider.
const PACKAGES: [&str; 1] = ["oidc-provider@8.8.1"];

/// Installs the packages, unless the same versions are there.
pub(super) fn install_tools() -> Result<()> {
    let folder = workspace::cache()?.join("npm");
    if stamp::is_set(&folder, &PACKAGES) {
        return Ok(());
    }
    eprintln!("+ npm install {}", PACKAGES.join(" "));
    fs::create_dir_all(&folder)?;
    run(Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--ignore-scripts",
            "--prefix",
        ])
        .arg(&folder)
        .args(PACKAGES))?;
    stamp::set(&folder, &PACKAGES)
}
