//! `px collect-logs`: what somebody who helps needs to know, in one file.

use crate::agent_options::AgentOptions;
use crate::client::Client;
use crate::commands::debug;
use crate::failure::{Exit, Failure};
use crate::library::LibraryOptions;
use crate::render::{json_lines, meanings};
use crate::script;
use nixie_api::{Event, QUERY_PATH, QueryRequest, TABLES_PATH};
use nixie_live::cells::format::time;
use rustix::system::uname;
use std::fs::{self, OpenOptions};
use std::io::{self, Cursor, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Scripts whose results are collected: counters and states, and nothing that was traced.
const SCRIPTS: [&str; 3] = [
    "px/agent_status",
    "px/agent_status_diagnostics",
    "px/stirling_errors",
];

/// Name under which the reasons stand why something is not in the file.
const PROBLEMS_FILE: &str = "problems.txt";

/// Collect the agent's log, version, counters and tables' sizes in a zip file
///
/// Nothing that was traced is in it: no request and no command line. The host's name and the
/// addresses that agents and exports have are.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  px collect-logs
  px collect-logs --to for_the_maintainers.zip")]
pub(crate) struct Args {
    /// File to write; otherwise `pixie_logs_` and the time, in this folder
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
    #[command(flatten)]
    agent: AgentOptions,
}

/// A file in the archive, or why it could not be had.
type Part = (String, Result<String, Failure>);

pub(super) fn run(args: Args) -> Result<ExitCode, Failure> {
    let client = Client::find(&args.agent)?;
    let path = args.to.unwrap_or_else(usual_path);
    let parts = parts(&client);
    let missing = parts.iter().filter(|(_, text)| text.is_err()).count();
    if missing == parts.len() - 1 {
        // Only what needs no agent is there.
        return match parts.into_iter().find_map(|(_, text)| text.err()) {
            Some(failure) => Err(failure),
            None => Ok(ExitCode::SUCCESS),
        };
    }
    write(&path, parts).map_err(|error| {
        let message = format!("cannot write `{}`", path.display());
        Failure::new(Exit::Failed, message).caused_by(&error)
    })?;
    crate::say::note(format_args!("logs are in {}", path.display()));
    if missing > 0 {
        let are = if missing == 1 { "part is" } else { "parts are" };
        let message = format!("{missing} {are} missing; `{PROBLEMS_FILE}` in it says why");
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok(ExitCode::SUCCESS)
}

fn usual_path() -> PathBuf {
    let now = time(nixie_types::clock::now_ns());
    let digits: String = now.chars().filter(char::is_ascii_digit).take(14).collect();
    PathBuf::from(format!("pixie_logs_{digits}.zip"))
}

fn parts(client: &Client) -> Vec<Part> {
    let mut parts = vec![
        ("host.txt".to_owned(), Ok(host())),
        ("agent.log".to_owned(), debug::log(client)),
        ("vizier.json".to_owned(), vizier(client)),
        ("tables.json".to_owned(), tables(client)),
    ];
    for name in SCRIPTS {
        let file = format!("{}.jsonl", name.replace('/', "_"));
        parts.push((file, rows(client, name)));
    }
    parts
}

fn host() -> String {
    let system = uname();
    format!(
        "px {}\nkernel {}\nmachine {}\n",
        env!("CARGO_PKG_VERSION"),
        system.release().to_string_lossy(),
        system.machine().to_string_lossy()
    )
}

fn vizier(client: &Client) -> Result<String, Failure> {
    let version = client.version()?;
    serde_json::to_string_pretty(&version).map_err(|error| Failure::of(&error))
}

fn tables(client: &Client) -> Result<String, Failure> {
    let answer = client.get(TABLES_PATH)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

/// Runs a script, and returns its rows as lines of JSON.
fn rows(client: &Client, name: &str) -> Result<String, Failure> {
    let script = script::find(name, &LibraryOptions::default())?;
    let invocation = crate::invocation::Invocation::of(&script, Default::default())?;
    let request = QueryRequest {
        script: script.text,
        script_name: script.name,
        arguments: invocation.arguments,
        functions: invocation.functions,
        ..QueryRequest::default()
    };
    let question = serde_json::to_value(&request).map_err(|error| Failure::of(&error))?;
    let mut response = client.post(QUERY_PATH, &question)?;
    let (mut text, mut table, mut of_columns) = (String::new(), String::new(), Vec::new());
    while let Some(event) = response.next_event().map_err(|error| Failure::of(&error))? {
        match event {
            Event::Table(header) => (of_columns, table) = (meanings(&header), header.name),
            Event::Rows(batch) => text += &json_lines(&table, &batch, &of_columns),
            Event::Error(report) => return Err(crate::client::refused(report)),
            _ => {}
        }
    }
    Ok(text)
}

fn write(path: &Path, parts: Vec<Part>) -> io::Result<()> {
    // What is made in memory cannot be cut off by a full disk.
    let archive = archive(parts)?;
    let mut open = OpenOptions::new();
    // One that is there may be readable by others, or lead elsewhere.
    let open = open.write(true).create_new(true).mode(0o600);
    let mut file = open.open(path)?;
    let written = file.write_all(&archive).and_then(|()| file.sync_all());
    written.inspect_err(|_| {
        // What is half written must not stay; that it cannot go is the smaller trouble.
        fs::remove_file(path).unwrap_or_default();
    })
}

fn archive(parts: Vec<Part>) -> io::Result<Vec<u8>> {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let mut problems = String::new();
    for (name, text) in parts {
        match text {
            Ok(text) => add(&mut archive, &name, &text)?,
            Err(failure) => problems += &format!("{name}: {failure}"),
        }
    }
    if !problems.is_empty() {
        add(&mut archive, PROBLEMS_FILE, &problems)?;
    }
    Ok(archive.finish()?.into_inner())
}

fn add<W: Write + io::Seek>(archive: &mut ZipWriter<W>, name: &str, text: &str) -> io::Result<()> {
    archive.start_file(name, SimpleFileOptions::default())?;
    archive.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_not_be_had_is_told_in_the_file_and_nothing_is_written_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("logs.zip");
        let parts = || {
            let failure = Failure::new(Exit::Failed, "no log");
            vec![
                ("host.txt".to_owned(), Ok("px".to_owned())),
                ("agent.log".to_owned(), Err(failure)),
            ]
        };
        write(&path, parts()).unwrap();
        let bytes = fs::read(&path).unwrap();
        let archive = String::from_utf8_lossy(&bytes);
        assert!(archive.starts_with("PK") && archive.contains(PROBLEMS_FILE));
        let error = write(&path, parts()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }
}
