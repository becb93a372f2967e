//! Sees to it that a machine has what a command needs: checks it, and installs what is missing.
//!
//! Everything comes from package managers. Without the right to install, the exact line to run is
//! printed instead.

mod apt;
mod kernels;
mod machine;
mod needs;
mod npm;
mod python;
mod stamp;

pub(crate) use needs::postgres_folder;
#[cfg(test)]
pub(crate) use python::SYSTEM_PYTHON;
pub(crate) use python::python_with;

use anyhow::{Result, bail};
use needs::Need;
use std::ffi::OsString;

/// What the machine is to be made ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Building the programs.
    Build,
    /// The demonstration.
    Demo,
    /// All tests.
    Test,
    /// The benchmarks.
    Bench,
    /// Each of them.
    All,
}

impl Purpose {
    /// Returns the purpose of that name.
    pub(crate) fn from_name(name: &str) -> Result<Self> {
        Ok(match name {
            "build" => Self::Build,
            "demo" => Self::Demo,
            "test" => Self::Test,
            "bench" => Self::Bench,
            "all" => Self::All,
            _ => {
                bail!("`{name}` is no purpose; expected `build`, `demo`, `test`, `bench` or `all`")
            }
        })
    }

    /// Returns true if that purpose is part of this one.
    fn includes(self, other: Self) -> bool {
        self == Self::All || self == other || other == Self::Build
    }
}

/// Checks the machine and installs what is missing.
pub(crate) fn prepare(purpose: Purpose) -> Result<()> {
    let problems = machine::problems(purpose, std::env::var_os("CI").is_some());
    if !problems.is_empty() {
        for problem in &problems {
            eprintln!("{problem}");
        }
        bail!("this machine does not allow it, see above");
    }
    let missing: Vec<&Need> = needs::ALL
        .iter()
        .filter(|need| purpose.includes(need.purpose) && !(need.is_met)())
        .collect();
    apt::install(&missing)?;
    if purpose.includes(Purpose::Test) {
        python::install_tools()?;
        kernels::download()?;
        npm::install_tools()?;
    }
    Ok(())
}

/// Returns `PATH` with the folders of what was installed outside it.
pub(crate) fn path_with_tools() -> Result<OsString> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [python::tools()?.join("bin")];
    let more = ["/usr/sbin", "/sbin"].map(std::path::PathBuf::from);
    let all = folders
        .into_iter()
        .chain(std::env::split_paths(&path))
        .chain(more);
    Ok(std::env::join_paths(all)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_purpose_needs_what_building_needs() {
        for name in ["build", "demo", "test", "bench", "all"] {
            let purpose = Purpose::from_name(name).unwrap();
            assert!(purpose.includes(Purpose::Build), "{name}");
            assert!(Purpose::All.includes(purpose), "{name}");
        }
        assert!(!Purpose::Demo.includes(Purpose::Test));
        assert!(Purpose::from_name("x").is_err());
    }
}
