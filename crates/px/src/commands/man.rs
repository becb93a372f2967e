//! `px man`.

use crate::commands::Cli;
use crate::failure::{Exit, Failure};
use crate::new_file;
use clap::{Command, CommandFactory};
use clap_mangen::Man;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Print the manual page, or write those of all commands
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px man | man -l -
  px man --to /usr/local/share/man/man1")]
pub(crate) struct Args {
    /// Folder for one page a command, such as `px-run.1`
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    // Pages tell of what is built in, and not of what this user has set.
    let mut command = Cli::command();
    command.build();
    let Some(folder) = &args.to else {
        let page = page(command).map_err(|error| Failure::of(&error))?;
        crate::render::print(&page)?;
        return Ok(ExitCode::SUCCESS);
    };
    let mut pages = 0;
    write(command, folder, &mut pages).map_err(|error| {
        let message = format!("cannot write manual pages to `{}`", folder.display());
        Failure::new(Exit::Failed, message).caused_by(&error)
    })?;
    crate::say::note(format_args!("{pages} pages in {}", folder.display()));
    Ok(ExitCode::SUCCESS)
}

fn page(command: Command) -> io::Result<String> {
    let mut text = Vec::new();
    Man::new(command).render(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}

/// Writes the pages of a command and of those within it.
fn write(command: Command, folder: &Path, pages: &mut usize) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let shown = command.get_subcommands();
    let inner: Vec<Command> = shown
        .filter(|inner| !inner.is_hide_set() && inner.get_name() != "help")
        .cloned()
        .collect();
    for command in inner {
        write(command, folder, pages)?;
    }
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    new_file::write(&folder.join(format!("{name}.1")), page(command)?.as_bytes())?;
    *pages += 1;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_a_page() {
        let folder = tempfile::tempdir().unwrap();
        let args = Args {
            to: Some(folder.path().to_owned()),
        };
        run(&args).unwrap();
        let run = fs::read_to_string(folder.path().join("px-run.1")).unwrap();
        assert!(
            run.contains("px\\-run") && run.contains("script\\-dir"),
            "{run}"
        );
        assert!(folder.path().join("px.1").is_file());
        assert!(folder.path().join("px-script-check.1").is_file());
        assert!(!folder.path().join("px-trace-exec.1").try_exists().unwrap());
    }
}
