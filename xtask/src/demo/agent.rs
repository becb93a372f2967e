//! The agent of the demonstration, and questions to it.

use super::{TERMINATE, bundled};
use crate::command::output;
use crate::sandbox::Sandbox;
use anyhow::Result;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const NAME: &str = "agent";

/// LIMIT: time that the agent may take to be attached.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// What `px up` prints once its programs are attached.
const READY: &str = "px is up";

const LISTEN: &str = "127.0.0.1:4747";

/// LIMIT: of the tables; enough for an hour of the demonstration's load.
const TABLE_MEMORY: &str = "128MiB";

/// A running `px up`.
pub(super) struct Agent {
    px: PathBuf,
    data: PathBuf,
}

impl Agent {
    /// Starts to trace processes and all that they have started or will start.
    pub(super) fn start(sandbox: &mut Sandbox, px: &Path, pids: &[u32]) -> Result<Self> {
        let data = sandbox.folder_of("px", "root")?;
        let pids: Vec<String> = pids.iter().map(u32::to_string).collect();
        let mut command = Command::new(px);
        command
            .args(["up", "--listen", LISTEN, "--table-memory", TABLE_MEMORY])
            .args(["--scope", &format!("pid:{}", pids.join(","))])
            .arg("--data-dir")
            .arg(&data);
        sandbox.children.start(NAME, None, TERMINATE, &command)?;
        Ok(Self {
            px: px.to_owned(),
            data,
        })
    }

    /// Waits until the kernel programs are attached.
    pub(super) fn wait_until_ready(&self, sandbox: &mut Sandbox) -> Result<()> {
        sandbox.wait_for("starting the agent", READY_WITHIN, |sandbox| {
            sandbox.children.log(NAME).contains(READY)
        })
    }

    /// Runs a script and returns its tables for people.
    pub(super) fn table(&self, script: &Path) -> Result<String> {
        output(&mut self.question(script))
    }

    /// Runs a script and returns its rows.
    pub(super) fn json_lines(&self, script: &Path) -> Result<Vec<Value>> {
        let printed = output(self.question(script).args(["--output", "json"]))?;
        Ok(printed
            .lines()
            .map(serde_json::from_str)
            .collect::<Result<_, _>>()?)
    }

    /// Returns the names of the scripts that come with px.
    pub(super) fn scripts(&self) -> Result<Vec<String>> {
        let mut command = Command::new(&self.px);
        bundled::names(&output(command.args(["script", "list", "-o", "json"]))?)
    }

    /// Returns the vis specification of a script; nothing, if it has none.
    pub(super) fn vis(&self, name: &str) -> Result<Value> {
        let mut command = Command::new(&self.px);
        match output(command.args(["script", "show", name, "--part", "vis"])) {
            Ok(text) => Ok(serde_json::from_str(&text)?),
            Err(error) if format!("{error:#}").contains("has no vis specification") => {
                Ok(Value::Null)
            }
            Err(error) => Err(error),
        }
    }

    /// Runs a script that comes with px and returns how many rows it gave.
    pub(super) fn script_rows(&self, name: &str, arguments: &[String]) -> Result<usize> {
        let mut command = self.run();
        command.args(["--output", "json", name, "--"]);
        let printed = output(command.args(arguments))?;
        Ok(printed.lines().count())
    }

    fn question(&self, script: &Path) -> Command {
        let mut command = self.run();
        command.arg("--file").arg(script);
        command
    }

    fn run(&self) -> Command {
        let mut command = Command::new(&self.px);
        command
            .args(["run", "--endpoint", LISTEN, "--data-dir"])
            .arg(&self.data);
        command
    }
}
