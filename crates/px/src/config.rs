//! What the environment says: the log level and the folders of the agent's files.

use crate::failure::{Exit, Failure};
use nixie_server::LogTail;
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use tracing_subscriber::EnvFilter;

/// The end of the log, for clients of the agent.
static LOG: OnceLock<Arc<LogTail>> = OnceLock::new();

/// Returns the end of the log.
pub(crate) fn log() -> Arc<LogTail> {
    Arc::clone(LOG.get_or_init(Arc::default))
}

/// Writes the log to standard error, and keeps its end.
struct Log(Arc<LogTail>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.push(bytes);
        // Nobody may listen there any more.
        io::stderr().write_all(bytes).unwrap_or_default();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// Starts to write the log to standard error. `PX_LOG` sets the level, for example `info`.
pub(crate) fn start_log() {
    let filter = EnvFilter::try_from_env("PX_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Log(log()))
        .with_ansi(false)
        .init();
}

/// Returns true if output may be coloured: only on a terminal, and not if `NO_COLOR` is set.
pub(crate) fn colors(is_terminal: bool) -> bool {
    is_terminal
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && terminal_name().is_none_or(|name| name != "dumb")
}

/// Returns what the terminal is called, if that is known.
pub(crate) fn terminal_name() -> Option<String> {
    let name = std::env::var_os("TERM")?.to_string_lossy().into_owned();
    Some(name).filter(|name| !name.is_empty())
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

/// Returns the folder for what outlives an agent: the one that was asked for, one in the folder
/// of the agent's other files if that was asked for, or the usual one.
pub(crate) fn state_folder(
    asked: Option<PathBuf>,
    data_folder: Option<&Path>,
) -> Result<PathBuf, Failure> {
    let is_root = rustix::process::geteuid().is_root();
    let variable = |name| std::env::var_os(name);
    let folder = asked
        .or_else(|| Some(data_folder?.join("state")))
        .or_else(|| usual_state_folder(is_root, variable("XDG_STATE_HOME"), variable("HOME")));
    folder.ok_or_else(|| {
        Failure::new(
            Exit::Failed,
            "no folder for API keys: neither `XDG_STATE_HOME` nor `HOME` is set",
        )
        .hint("name a folder with `--state-dir DIR`")
    })
}

fn usual_state_folder(
    is_root: bool,
    state: Option<OsString>,
    home: Option<OsString>,
) -> Option<PathBuf> {
    if is_root {
        return Some(PathBuf::from("/var/lib/nixie"));
    }
    let absolute = |folder: OsString| Some(PathBuf::from(folder)).filter(|path| path.is_absolute());
    let state = state.and_then(absolute);
    let state = state.or_else(|| Some(home.and_then(absolute)?.join(".local/state")))?;
    Some(state.join("nixie"))
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

    #[test]
    fn keys_are_kept_where_state_belongs() {
        let path = |text: &str| Some(OsString::from(text));
        let usual = |state, home| usual_state_folder(false, state, home);
        assert_eq!(
            usual_state_folder(true, None, None),
            Some(PathBuf::from("/var/lib/nixie"))
        );
        assert_eq!(
            usual(path("/s"), path("/h")),
            Some(PathBuf::from("/s/nixie"))
        );
        let home = PathBuf::from("/h/.local/state/nixie");
        assert_eq!(usual(path("relative"), path("/h")), Some(home));
        assert_eq!(usual(None, None), None);
        let beside = state_folder(None, Some(Path::new("/d"))).unwrap();
        assert_eq!(beside, PathBuf::from("/d/state"));
    }
}
