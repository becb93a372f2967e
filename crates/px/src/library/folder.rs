//! Scripts in folders.

use super::{Script, SourceText};
use crate::failure::{Exit, Failure};
use crate::script::read_text;
use std::fs;
use std::path::{Path, PathBuf};

/// LIMIT: folders within each other that are searched for scripts.
const DEPTH_MAX: usize = 8;

/// LIMIT: scripts in one library.
const SCRIPTS_MAX: usize = 10_000;

/// Reads a folder with a script: one `.pxl` file, and perhaps `vis.json` and `manifest.yaml`.
pub(crate) fn read_folder(folder: &Path) -> Result<Script, Failure> {
    let files = entries(folder)?;
    let texts: Vec<&PathBuf> = files.iter().filter(|file| is_script(file)).collect();
    let [text] = texts.as_slice() else {
        let message = format!(
            "folder `{}` has {} `.pxl` files, expected exactly one",
            folder.display(),
            texts.len()
        );
        return Err(Failure::new(Exit::Failed, message));
    };
    let misnamed = folder.join("viz.json");
    if misnamed.is_file() {
        let message = format!("`{}` would not be read", misnamed.display());
        return Err(Failure::new(Exit::Failed, message).hint("call it `vis.json`"));
    }
    let part = |name: &str| -> Result<Option<SourceText>, Failure> {
        let path = folder.join(name);
        if !path.is_file() {
            return Ok(None);
        }
        let text = read_file(&path)?;
        let name = path.display().to_string();
        Ok(Some(SourceText { name, text }))
    };
    Ok(Script {
        name: text.display().to_string(),
        text: read_file(text)?,
        vis: part("vis.json")?,
        manifest: part("manifest.yaml")?,
        is_bundled: false,
        path: Some(folder.to_owned()),
    })
}

/// Returns the folders with scripts in and below a folder, sorted.
pub(crate) fn script_folders(root: &Path) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    search(root, 0, &mut found)?;
    found.sort();
    Ok(found)
}

fn search(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let entries = match entries(folder) {
        // One folder that cannot be read does not take the others away.
        Err(failure) if depth > 0 => {
            let reason = failure.causes_in_line();
            tracing::warn!(%reason, "scripts are left out");
            return Ok(());
        }
        entries => entries?,
    };
    if entries.iter().any(|path| is_script(path)) {
        if found.len() >= SCRIPTS_MAX {
            let message = format!(
                "more than {SCRIPTS_MAX} scripts below `{}`",
                folder.display()
            );
            return Err(Failure::new(Exit::Failed, message));
        }
        found.push(folder.to_owned());
        return Ok(());
    }
    for folder in entries.iter().filter(|path| is_searched(path)) {
        if depth >= DEPTH_MAX {
            let folder = folder.display();
            tracing::warn!(
                "scripts are searched for {DEPTH_MAX} folders deep: `{folder}` is left out"
            );
            continue;
        }
        search(folder, depth + 1, found)?;
    }
    Ok(())
}

/// Returns true for folders. Links could lead in a circle, and hidden folders hold no scripts.
fn is_searched(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && path.symlink_metadata().is_ok_and(|data| data.is_dir())
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |error: std::io::Error| {
        let message = format!("cannot read folder `{}`", folder.display());
        Failure::new(Exit::Failed, message).caused_by(&error)
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

fn is_script(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "pxl") && path.is_file()
}

fn read_file(path: &Path) -> Result<String, Failure> {
    fs::File::open(path).and_then(read_text).map_err(|error| {
        let message = format!("cannot read script `{}`", path.display());
        Failure::new(Exit::Failed, message).caused_by(&error)
    })
}
