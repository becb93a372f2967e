//! The scripts that can be run by name: those that come with px, and those in the user's folders.
//!
//! A script is a folder with one `.pxl` file and, mostly, `vis.json` and `manifest.yaml`; its name
//! is the folder's path below the library, such as `px/http_data`. Presets, which are scheduled
//! and not run by name, have folders alike, in `presets/`.

mod bundle;
mod folder;
mod manifest;
mod presets;
#[cfg(test)]
mod tests;

pub(crate) use folder::{read_folder, script_folders};
pub(crate) use manifest::Manifest;
pub(crate) use presets::{BundledPreset, for_agent, presets};

use crate::failure::Failure;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Names the user's folders of scripts, separated by `:`.
pub(crate) const FOLDERS_VARIABLE: &str = "PX_SCRIPT_DIR";

/// A script with what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    /// Name in messages: of the library, or of the file.
    pub(crate) name: String,
    /// The PxL.
    pub(crate) text: String,
    /// The vis specification.
    pub(crate) vis: Option<SourceText>,
    /// What it is for.
    pub(crate) manifest: Option<SourceText>,
    /// It comes with px, whose tests have found nothing wrong with it.
    pub(crate) is_bundled: bool,
}

/// A text with its name in messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SourceText {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// All scripts that can be run by name.
pub(crate) struct Library {
    /// Folders of scripts of the user, by name; they come before those of px.
    own: BTreeMap<String, PathBuf>,
}

impl Library {
    /// Returns the scripts of px, and those in some folders; an earlier folder comes first.
    pub(crate) fn open(folders: &[PathBuf]) -> Result<Self, Failure> {
        let mut own = BTreeMap::new();
        for root in folders {
            for folder in script_folders(root)? {
                let name = name_below(root, &folder);
                own.entry(name).or_insert(folder);
            }
        }
        Ok(Self { own })
    }

    /// Returns all names, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let own = self.own.keys().map(String::as_str);
        let bundled = bundle::SCRIPTS.iter().map(|script| script.name);
        let mut names: Vec<&str> = own.chain(bundled).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns a script, if there is one of that name.
    pub(crate) fn script(&self, name: &str) -> Result<Option<Script>, Failure> {
        if let Some(folder) = self.own.get(name) {
            let script = read_folder(folder)?;
            let name = name.to_owned();
            return Ok(Some(Script { name, ..script }));
        }
        let found = bundle::SCRIPTS.iter().find(|script| script.name == name);
        Ok(found.map(bundle::Bundled::script))
    }
}

/// Returns the folders of the user's scripts: those that are given, else those of the environment.
pub(crate) fn user_folders(given: &[PathBuf]) -> Vec<PathBuf> {
    if !given.is_empty() {
        return given.to_vec();
    }
    let variable = std::env::var_os(FOLDERS_VARIABLE).unwrap_or_default();
    let folders = std::env::split_paths(&variable);
    folders
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect()
}

/// Returns the name of a script folder below a root; of the root itself, the name of that.
fn name_below(root: &Path, folder: &Path) -> String {
    let below = folder.strip_prefix(root).unwrap_or(folder);
    if below.as_os_str().is_empty() {
        let name = folder.file_name().unwrap_or(folder.as_os_str());
        return name.to_string_lossy().into_owned();
    }
    below.to_string_lossy().into_owned()
}
