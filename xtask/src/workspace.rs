//! Where things are.

use anyhow::{Context, Result};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the root of the checkout.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Returns the cache folder of the project, outside the checkout.
pub(crate) fn cache() -> Result<PathBuf> {
    let base = match (std::env::var_os("XDG_CACHE_HOME"), std::env::var_os("HOME")) {
        (Some(cache), _) if !cache.is_empty() => PathBuf::from(cache),
        (_, Some(home)) => Path::new(&home).join(".cache"),
        _ => anyhow::bail!("neither `HOME` nor `XDG_CACHE_HOME` is set"),
    };
    Ok(base.join("nixie"))
}

/// Returns the folder of built files: the one that `make` exports, or the same by default.
pub(crate) fn target() -> Result<PathBuf> {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(folder) if !folder.is_empty() => Ok(folder.into()),
        _ => Ok(cache()?.join("target")),
    }
}

/// Returns a cargo command that runs in the checkout.
pub(crate) fn cargo() -> Result<Command> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let mut command = Command::new(program);
    command
        .current_dir(root())
        .env("CARGO_TARGET_DIR", target()?);
    // Set by the outer `cargo run`; they would make every build script run again.
    command.env_remove("CARGO_MANIFEST_DIR");
    Ok(command)
}

/// Returns what `cargo metadata` says. `arguments` narrow it down.
pub(crate) fn metadata(arguments: &[&str]) -> Result<serde_json::Value> {
    let output = cargo()?
        .args(["metadata", "--format-version", "1"])
        .args(arguments)
        .output()
        .context("`cargo metadata` cannot be run")?;
    anyhow::ensure!(
        output.status.success(),
        "`cargo metadata` failed: {}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    serde_json::from_slice(&output.stdout).context("`cargo metadata` did not print JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_workspace() {
        let manifest = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
        assert!(manifest.starts_with("[workspace]"), "{manifest}");
    }
}
