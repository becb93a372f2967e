//! Kernels for tests in machines of their own: downloaded with apt into the project's cache, and
//! never installed.

use super::apt;
use crate::command::{output, run, shown};
use crate::workspace;
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Packages that depend on the newest kernel of a series: the first on Debian (on Debian 12, Linux
/// 6.1), the second on Debian 12 only (6.12), the third on Ubuntu. They are the names of folders in
/// the cache.
const SERIES: [&str; 3] = [
    "linux-image-cloud-amd64",
    "linux-image-6.12-cloud-amd64",
    "linux-image-virtual",
];

/// What a package with a kernel is called, before its version.
const IMAGE: &str = "linux-image-";

/// Downloads the kernels that are not there yet, of those that apt offers here.
pub(super) fn download() -> Result<()> {
    let kernels = workspace::cache()?.join("kernels");
    let is_missing = |series: &&str| !kernels.join(series).join("vmlinuz").is_file();
    let missing: Vec<&str> = SERIES.into_iter().filter(is_missing).collect();
    if !missing.is_empty() && rustix::process::geteuid().is_root() {
        apt::update()?;
    }
    for series in missing {
        let mut command = Command::new("apt-cache");
        let listed = output(command.args(["depends", "--important", series]));
        match listed.as_deref().ok().and_then(image_of) {
            Some(image) => fetch(&kernels.join(series), image)?,
            None => eprintln!("apt offers no `{series}` here"),
        }
    }
    ensure!(
        SERIES.iter().any(|series| !is_missing(series)),
        "apt offers no kernel for tests in a guest: tried {}",
        SERIES.join(", ")
    );
    Ok(())
}

/// Returns the package with the kernel, from what `apt-cache depends` prints.
fn image_of(listed: &str) -> Option<&str> {
    let names = listed
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("Depends: "));
    names.into_iter().find(|name| name.starts_with(IMAGE))
}

/// Puts the kernel of a package into a folder, as `vmlinuz`.
fn fetch(folder: &Path, image: &str) -> Result<()> {
    eprintln!("+ apt-get download {image}");
    let work = folder.join("work");
    // What an interrupted download left.
    if work.is_dir() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    let mut apt = Command::new("apt-get");
    // As the one who runs this: apt's own user may not write here.
    apt.args(["-qq", "-o", "APT::Sandbox::User=root", "download", image]);
    run(apt.current_dir(&work))?;
    unpack(&work, &file_in(&work, image)?)?;
    let boot = work.join("boot");
    fs::rename(
        boot.join(file_in(&boot, "vmlinuz-")?),
        folder.join("vmlinuz"),
    )?;
    fs::remove_dir_all(&work)?;
    Ok(())
}

/// Unpacks the kernel alone: its modules take ten times as much.
fn unpack(folder: &Path, package: &str) -> Result<()> {
    let mut reader = Command::new("dpkg-deb");
    reader.args(["--fsys-tarfile", package]).current_dir(folder);
    let mut reading = reader
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("`{}` cannot be run", shown(&reader)))?;
    let archive = reading.stdout.take().context("the output is piped")?;
    let mut tar = Command::new("tar");
    tar.args(["-x", "--wildcards", "./boot/vmlinuz-*"]);
    run(tar.current_dir(folder).stdin(archive))?;
    let status = reading.wait()?;
    ensure!(status.success(), "`{}` failed: {status}", shown(&reader));
    Ok(())
}

/// Returns the name of the file in a folder that begins so.
fn file_in(folder: &Path, start: &str) -> Result<String> {
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if name.starts_with(start) {
            return Ok(name);
        }
    }
    bail!("no file `{start}…` in `{}`", folder.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_names_its_newest_kernel() {
        let listed = "linux-image-cloud-amd64\n  Depends: linux-image-6.1.0-56-cloud-amd64\n";
        assert_eq!(image_of(listed), Some("linux-image-6.1.0-56-cloud-amd64"));
        let other = "linux-image-x\n  Depends: kmod\n |Recommends: linux-image-y\n";
        assert_eq!(image_of(other), None);
    }
}
