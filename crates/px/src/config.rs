//! What the environment says: the log level and the folder of the agent's files.

use crate::failure::{Exit, Failure};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;
use tracing_subscriber::EnvFilter;

/// Starts to write the log to standard error. `PX_LOG` sets the level, for example `info`.
pub(crate) fn start_log() {
    let filter = EnvFilter::try_from_env("PX_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(colors(std::io::stderr().is_terminal()))
        .init();
}

/// Returns true if output may be coloured: only on a terminal, and not if `NO_COLOR` is set.
pub(crate) fn colors(is_terminal: bool) -> bool {
    is_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Returns the folder for token and endpoint: the one that was asked for, or the usual one.
pub(crate) fn data_folder(asked: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let is_root = rustix::process::geteuid().is_root();
    let folder = asked.or_else(|| usual_folder(is_root, std::env::var_os("XDG_RUNTIME_DIR")));
    folder.ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            "no folder for the agent's files: `XDG_RUNTIME_DIR` is not set",
        )
        .hint("name a folder with `--data-dir DIR`")
    })
}

fn usual_folder(is_root: bool, runtime: Option<OsString>) -> Option<PathBuf> {
    if is_root {
        return Some(PathBuf::from("/run/nixie"));
    }
    let runtime = PathBuf::from(runtime?);
    runtime.is_absolute().then(|| runtime.join("nixie"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_users_have_folders_of_their_own() {
        let runtime = || Some(OsString::from("/run/user/7"));
        assert_eq!(
            usual_folder(true, runtime()),
            Some(PathBuf::from("/run/nixie"))
        );
        assert_eq!(
            usual_folder(false, runtime()),
            Some(PathBuf::from("/run/user/7/nixie"))
        );
        assert_eq!(usual_folder(false, Some(OsString::from("relative"))), None);
        assert_eq!(usual_folder(false, None), None);
    }
}
