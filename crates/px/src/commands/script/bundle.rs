//! `px script bundle`.

use crate::failure::{Exit, Failure};
use crate::library::{Library, LibraryOptions, write_bundle};
use crate::new_file;
use crate::render::print;
use std::path::PathBuf;
use std::process::ExitCode;

/// Put scripts into one file, for `--bundle`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px script bundle --script-dir my_scripts -o my.json
  px run --bundle my.json team/slow")]
pub(crate) struct Args {
    /// Scripts by name; otherwise all of your own
    scripts: Vec<String>,
    /// File to write, `-` for standard output
    #[arg(short, long, default_value = "-")]
    out: PathBuf,
    #[command(flatten)]
    own: LibraryOptions,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let library = Library::open(&args.own)?;
    let names = match args.scripts.as_slice() {
        [] => library.own_names(),
        given => given.iter().map(String::as_str).collect(),
    };
    if names.is_empty() {
        let failure = Failure::new(Exit::Usage, "there are no scripts of your own");
        return Err(failure.hint("name their folder with `--script-dir DIR`, or name scripts"));
    }
    let mut scripts = Vec::new();
    for &name in &names {
        let found = library.script(name)?;
        scripts.push(found.ok_or_else(|| {
            let message = format!("there is no script `{name}`");
            Failure::new(Exit::Usage, message).hint("`px script list` shows all")
        })?);
    }
    let text = write_bundle(scripts)?;
    if args.out.as_os_str() == "-" {
        print(&format!("{text}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    new_file::write(&args.out, text.as_bytes()).map_err(|error| {
        let message = format!("cannot write `{}`", args.out.display());
        Failure::new(Exit::Failed, message).caused_by(&error)
    })?;
    let shown = args.out.display();
    crate::say::note(format_args!("{} scripts in {shown}", names.len()));
    Ok(ExitCode::SUCCESS)
}
