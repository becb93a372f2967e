//! The scripts that can be run by name: those that come with px, and those in the user's folders.
//!
//! A script is a folder with one `.pxl` file and, mostly, `vis.json` and `manifest.yaml`; its name
//! is the folder's path below the library, such as `px/http_data`. Presets, which are scheduled
//! and not run by name, have folders alike, in `presets/`.

mod bundle;
mod folder;
mod json_bundle;
mod manifest;
mod options;
mod presets;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod yardstick;

pub(crate) use folder::{read_folder, script_folders};
pub(crate) use json_bundle::write as write_bundle;
pub(crate) use manifest::Manifest;
pub(crate) use options::LibraryOptions;
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
    /// Where it can be read again.
    pub(crate) path: Option<PathBuf>,
}

/// A text with its name in messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SourceText {
    pub(crate) name: String,
    pub(crate) text: String,
}

/// All scripts that can be run by name.
pub(crate) struct Library {
    /// Folders of scripts of the user, by name; they come before all others.
    own: BTreeMap<String, PathBuf>,
    /// Scripts of the user's bundles, by name; they come before those of px.
    packed: BTreeMap<String, Script>,
}

impl Library {
    /// Returns the scripts of px, and the user's own; what is given earlier comes first.
    pub(crate) fn open(options: &LibraryOptions) -> Result<Self, Failure> {
        let mut library = Self {
            own: BTreeMap::new(),
            packed: BTreeMap::new(),
        };
        for root in options.folders() {
            library.add_folder(&root)?;
        }
        for place in &options.bundle {
            if Path::new(place).is_dir() {
                library.add_folder(Path::new(place))?;
                continue;
            }
            for (name, script) in json_bundle::read(place)? {
                library.packed.entry(name).or_insert(script);
            }
        }
        Ok(library)
    }

    fn add_folder(&mut self, root: &Path) -> Result<(), Failure> {
        for folder in script_folders(root)? {
            let name = name_below(root, &folder);
            self.own.entry(name).or_insert(folder);
        }
        Ok(())
    }

    /// Returns the names of the user's own scripts, sorted.
    pub(crate) fn own_names(&self) -> Vec<&str> {
        let own = self.own.keys().chain(self.packed.keys());
        let mut names: Vec<&str> = own.map(String::as_str).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns all names, sorted.
    pub(crate) fn names(&self) -> Vec<&str> {
        let bundled = bundle::SCRIPTS.iter().map(|script| script.name);
        let mut names = self.own_names();
        names.extend(bundled);
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
        if let Some(script) = self.packed.get(name) {
            return Ok(Some(script.clone()));
        }
        let found = bundle::SCRIPTS.iter().find(|script| script.name == name);
        Ok(found.map(bundle::Bundled::script))
    }
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
