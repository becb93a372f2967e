//! `px script check`: everything that can be known to be wrong without an agent.

use crate::commands::completion;
use crate::failure::{Exit, Failure};
use crate::judge::{Finding, Judge};
use crate::library::{Library, LibraryOptions, Script, read_folder, script_folders};
use crate::render::diagnostics::render;
use crate::render::{ListFormat, print};
use crate::script;
use clap_complete::ArgValueCandidates;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;

/// Check scripts with their vis specifications, without an agent
///
/// A folder with a `.pxl` file is one script; of any other folder, all scripts in and below it
/// are checked.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px script check query.pxl
  px script check my_scripts -o json
  px script check --bundled

Exits with 0 when nothing is wrong, and with 4 otherwise.")]
pub(crate) struct Args {
    /// Files, folders, or scripts by name; `-` for standard input
    #[arg(required_unless_present = "bundled", value_name = "SCRIPT",
        add = ArgValueCandidates::new(completion::scripts))]
    scripts: Vec<String>,
    /// Check all scripts that can be run by name
    #[arg(long, conflicts_with = "scripts")]
    bundled: bool,
    /// How to print what is wrong
    #[arg(short, long, value_enum, default_value = "table")]
    output: ListFormat,
    #[command(flatten)]
    own: LibraryOptions,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let scripts = scripts(args)?;
    let judge = Judge::new();
    let (mut wrong, mut problems, mut text) = (0, 0, String::new());
    for script in &scripts {
        let findings = judge.findings(script);
        wrong += usize::from(!findings.is_empty());
        problems += findings.len();
        for finding in &findings {
            text += &shown(finding, &script.name, args.output);
        }
    }
    print(&text)?;
    let checked = match scripts.len() {
        1 => "1 script checked".to_owned(),
        count => format!("{count} scripts checked"),
    };
    if problems == 0 {
        crate::say::note(format_args!("{checked}, nothing wrong"));
        return Ok(ExitCode::SUCCESS);
    }
    let have = if wrong == 1 { "has" } else { "have" };
    let message = format!("{checked}, {wrong} {have} errors, {problems} in all");
    Err(Failure::new(Exit::Script, message))
}

fn scripts(args: &Args) -> Result<Vec<Script>, Failure> {
    let mut scripts = Vec::new();
    if args.bundled {
        let library = Library::open(&args.own)?;
        for name in library.names() {
            scripts.extend(library.script(name)?);
        }
    }
    for word in &args.scripts {
        let path = PathBuf::from(word);
        if !path.is_dir() {
            scripts.push(script::find(word, &args.own)?);
            continue;
        }
        let folders = script_folders(&path)?;
        if folders.is_empty() {
            let message = format!("no scripts in or below `{word}`");
            let hint = "a script is a folder with a `.pxl` file";
            return Err(Failure::new(Exit::Failed, message).hint(hint));
        }
        for folder in folders {
            scripts.push(read_folder(&folder)?);
        }
    }
    Ok(scripts)
}

fn shown(finding: &Finding<'_>, script: &str, output: ListFormat) -> String {
    let problem = &finding.problem;
    match output {
        ListFormat::Table => render(problem, finding.file, finding.text),
        ListFormat::Json => {
            let line = json!({
                "script": script,
                "file": finding.file,
                "line": problem.line,
                "column": problem.column,
                "width": problem.width,
                "code": problem.code,
                "message": problem.message,
                "help": problem.help,
            });
            format!("{line}\n")
        }
    }
}
