//! Where scripts are found by name, besides those of px.

use super::FOLDERS_VARIABLE;
use std::path::PathBuf;

/// The user's own scripts.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Scripts of your own")]
pub(crate) struct LibraryOptions {
    /// Folder of scripts that are found by name; may be given several times. Otherwise those
    /// that PX_SCRIPT_DIR names, separated by `:`
    #[arg(long, value_name = "DIR")]
    script_dir: Vec<PathBuf>,
    /// Bundle of scripts that are found by name: a JSON file, also compressed (`.gz`), or its URL;
    /// may be given several times
    #[arg(short, long, value_name = "FILE|URL")]
    pub(super) bundle: Vec<String>,
}

impl LibraryOptions {
    #[cfg(test)]
    pub(super) fn of_folder(folder: &std::path::Path) -> Self {
        Self {
            script_dir: vec![folder.to_owned()],
            bundle: Vec::new(),
        }
    }

    /// Returns the folders: those that are given, else those of the environment.
    pub(super) fn folders(&self) -> Vec<PathBuf> {
        if !self.script_dir.is_empty() {
            return self.script_dir.clone();
        }
        let variable = std::env::var_os(FOLDERS_VARIABLE).unwrap_or_default();
        let folders = std::env::split_paths(&variable);
        folders
            .filter(|folder| !folder.as_os_str().is_empty())
            .collect()
    }
}
