//! `px script new`: a folder to start a script of one's own from.

use crate::failure::{Exit, Failure};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const PXL: &str = include_str!("template/script.pxl");
const VIS: &str = include_str!("template/vis.json");
const MANIFEST: &str = include_str!("template/manifest.yaml");

/// Start a script of your own: a folder with PxL, vis specification and manifest
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Folder to make; its last part is the name of the script
    folder: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let folder = &args.folder;
    let Some(name) = folder.file_name().and_then(|name| name.to_str()) else {
        let message = format!("`{}` has no name to call the script by", folder.display());
        return Err(Failure::new(Exit::Usage, message));
    };
    make(folder, name).map_err(|error| {
        let message = format!("cannot make a script in `{}`", folder.display());
        Failure::new(Exit::Failed, message).caused_by(&error)
    })?;
    let shown = folder.display();
    crate::say::note(format_args!(
        "made {shown}; run it with `px run -f {shown}`, check it with `px script check {shown}`"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Makes a folder with a script, or nothing at all.
fn make(folder: &Path, name: &str) -> io::Result<()> {
    let above = folder.ancestors().skip(1);
    let is_missing = |above: &&Path| !above.as_os_str().is_empty() && !above.is_dir();
    let missing: Vec<&Path> = above.take_while(is_missing).collect();
    let made = make_within(folder, name);
    if made.is_err() {
        for above in missing {
            // Others may have put something there.
            fs::remove_dir(above).unwrap_or_default();
        }
    }
    made
}

fn make_within(folder: &Path, name: &str) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    // Fails when it is there: nothing of the user's is written over.
    fs::create_dir(folder)?;
    let files = [
        (format!("{name}.pxl"), PXL),
        ("vis.json".to_owned(), VIS),
        ("manifest.yaml".to_owned(), MANIFEST),
    ];
    let mut files = files.into_iter();
    let written = files.try_for_each(|(file, text)| fs::write(folder.join(file), text));
    written.inspect_err(|_| {
        // That it cannot go is the smaller trouble.
        fs::remove_dir_all(folder).unwrap_or_default();
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Judge;
    use crate::library::read_folder;

    #[test]
    fn a_new_script_has_nothing_wrong_and_is_not_written_over() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("team/slow");
        let args = Args {
            folder: folder.clone(),
        };
        run(&args).unwrap();
        let script = read_folder(&folder).unwrap();
        assert!(script.name.ends_with("team/slow/slow.pxl"));
        let judge = Judge::new();
        let findings = judge.findings(&script);
        assert!(findings.is_empty(), "{findings:?}");
        let text = run(&args).unwrap_err().to_string();
        assert!(text.contains("cannot make a script"), "{text}");
        assert!(folder.join("vis.json").is_file());
    }

    #[test]
    fn what_was_made_goes_again_when_the_rest_cannot_be() {
        let root = tempfile::tempdir().unwrap();
        // No file can have a name of that length, though a folder can.
        let folder = root.path().join("team").join("x".repeat(255));
        run(&Args { folder }).unwrap_err();
        assert!(!root.path().join("team").try_exists().unwrap());
    }
}
