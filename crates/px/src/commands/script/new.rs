//! `px script new`: a folder to start a script of one's own from.

use crate::failure::{Exit, Failure};
use std::fs;
use std::path::PathBuf;
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
    let failed = |error: std::io::Error| {
        let message = format!("cannot make a script in `{}`", folder.display());
        Failure::new(Exit::Failed, message).caused_by(&error)
    };
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    // Fails when it is there: nothing of the user's is written over.
    fs::create_dir(folder).map_err(failed)?;
    let files = [(format!("{name}.pxl"), PXL), ("vis.json".to_owned(), VIS)];
    for (file, text) in files
        .into_iter()
        .chain([("manifest.yaml".to_owned(), MANIFEST)])
    {
        fs::write(folder.join(file), text).map_err(failed)?;
    }
    let shown = folder.display();
    crate::say::note(format_args!(
        "made {shown}; run it with `px run -f {shown}`, check it with `px script check {shown}`"
    ));
    Ok(ExitCode::SUCCESS)
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
    }
}
