//! `px script check`: everything that can be known to be wrong without an agent.

use crate::commands::completion;
use crate::failure::{Exit, Failure};
use crate::judge::{Finding, Judge};
use crate::library::{Library, LibraryOptions, Script, read_folder, script_folders};
use crate::render::diagnostics::render;
use crate::render::{ListFormat, print};
use crate::script;
use clap_complete::ArgValueCandidates;
use nixie_api::Diagnostic;
use serde_json::json;
use std::path::{Path, PathBuf};
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

/// A script, or why it cannot be read.
type Input = Result<Script, Unreadable>;

/// Something that was to be checked.
struct Unreadable {
    name: String,
    problem: Diagnostic,
}

pub(super) fn run(args: &Args) -> Result<ExitCode, Failure> {
    let inputs = inputs(args)?;
    let judge = Judge::new();
    let (mut wrong, mut problems, mut text) = (0, 0, String::new());
    for input in &inputs {
        let (name, findings) = match input {
            Ok(script) => (&script.name, judge.findings(script)),
            Err(unreadable) => (&unreadable.name, vec![unreadable.finding()]),
        };
        wrong += usize::from(!findings.is_empty());
        problems += findings.len();
        for finding in &findings {
            text += &shown(finding, name, args.output);
        }
    }
    print(&text)?;
    let checked = match inputs.len() {
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

/// Returns what is to be checked. One input that cannot be read does not take the others away.
fn inputs(args: &Args) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::new();
    if args.bundled {
        let library = Library::open(&args.own)?;
        for name in library.names() {
            let script = library.script(name).transpose();
            inputs.extend(script.map(|script| input(name, script)));
        }
    }
    for word in &args.scripts {
        let path = PathBuf::from(word);
        if !path.is_dir() {
            inputs.push(input(word, script::find(word, &args.own)));
            continue;
        }
        match folders(&path) {
            Ok(folders) => inputs.extend(folders.iter().map(|folder| {
                let name = folder.display().to_string();
                input(&name, read_folder(folder))
            })),
            Err(failure) => inputs.push(input(word, Err(failure))),
        }
    }
    Ok(inputs)
}

fn folders(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let folders = script_folders(path)?;
    if folders.is_empty() {
        let message = format!("no scripts in or below `{}`", path.display());
        let hint = "a script is a folder with a `.pxl` file";
        return Err(Failure::new(Exit::Failed, message).hint(hint));
    }
    Ok(folders)
}

fn input(name: &str, script: Result<Script, Failure>) -> Input {
    script.map_err(|failure| Unreadable {
        name: name.to_owned(),
        problem: Diagnostic {
            code: "unreadable".to_owned(),
            message: failure.causes_in_line(),
            line: 0,
            column: 0,
            width: 0,
            help: failure.into_hint(),
        },
    })
}

impl Unreadable {
    fn finding(&self) -> Finding<'_> {
        Finding {
            file: &self.name,
            text: "",
            problem: self.problem.clone(),
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn what_cannot_be_read_is_told_beside_the_others() {
        let root = tempfile::tempdir().unwrap();
        let text = "import px\npx.display(px.DataFrame('http_events'))\n";
        for file in ["two/a.pxl", "two/b.pxl", "one/a.pxl"] {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let word = |path: &str| root.path().join(path).display().to_string();
        let args = Args {
            scripts: vec![word("none.pxl"), word("."), "px/http_data".to_owned()],
            bundled: false,
            output: ListFormat::Json,
            own: LibraryOptions::default(),
        };
        let inputs = inputs(&args).unwrap();
        let is_read: Vec<bool> = inputs.iter().map(Result::is_ok).collect();
        assert_eq!(is_read, [false, true, false, true]);
        let Some(Err(unreadable)) = inputs.get(2) else {
            panic!("the folder with two scripts was read");
        };
        let line = shown(&unreadable.finding(), &unreadable.name, ListFormat::Json);
        assert!(
            line.contains(r#""code":"unreadable""#) && line.contains("has 2 `.pxl` files"),
            "{line}"
        );
    }
}
