//! A running `px up`, and what it is asked.

use crate::deadline::{LIMIT, wait_for};
use crate::process::{Finished, Running};
use crate::row::{Row, rows_of};
use crate::scene::Scene;
use rustix::process::Signal;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

/// All columns of all requests.
const ALL_REQUESTS: &str = "import px\npx.display(px.DataFrame('http_events'), 'out')\n";

/// A running agent. Dropping it kills it.
#[derive(Debug)]
pub struct Agent<'s> {
    scene: &'s Scene,
    process: Running,
    folder: PathBuf,
    address: String,
}

impl<'s> Agent<'s> {
    pub(crate) fn start(scene: &'s Scene, scope: &str, options: &[&str]) -> Self {
        let folder = scene.path("agent");
        let mut command = scene.px(&["up", "--scope", scope, "--data-dir"]);
        command.arg(&folder).args(options);
        if !options.contains(&"--listen") {
            command.args(["--listen", "127.0.0.1:0"]);
        }
        let mut process = scene.start("up", &mut command);
        let address = wait_for("`px up` is up", LIMIT, || {
            let ended = process.ended();
            assert!(
                ended.is_none(),
                "`px up` ended: {ended:?}: {}",
                process.stderr()
            );
            let text = process.stderr();
            let (_, url) = text.split_once("px is up on ")?;
            let (_, rest) = url.split_once("://")?;
            Some(rest.split_once(';')?.0.to_owned())
        });
        Self {
            scene,
            process,
            folder,
            address,
        }
    }

    /// Returns where it listens.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Returns the folder of its files.
    #[must_use]
    pub const fn folder(&self) -> &PathBuf {
        &self.folder
    }

    /// Returns its process.
    #[must_use]
    pub const fn process(&self) -> &Running {
        &self.process
    }

    /// Returns a command of px that talks to this agent.
    #[must_use]
    pub fn px(&self, arguments: &[&str]) -> Command {
        let mut command = self.scene.px(&arguments[..1]);
        command
            .args(["--endpoint", &self.address, "--data-dir"])
            .arg(&self.folder);
        command.args(&arguments[1..]);
        command
    }

    /// Runs `px api-key` on the agent's keys; returns what it prints.
    #[must_use]
    pub fn api_key(&self, arguments: &[&str]) -> String {
        let mut command = self.scene.px(&["api-key"]);
        command.args(arguments).arg("--data-dir").arg(&self.folder);
        self.scene.run("api-key", &mut command).success()
    }

    /// Runs a script.
    #[must_use]
    pub fn run(&self, script: &str, output: &str) -> Finished {
        let file = self.scene.write("script.pxl", script);
        let mut command = self.px(&["run", "-o", output, "-f"]);
        self.scene.run("run", command.arg(file))
    }

    /// Returns the rows of a script that displays a table `out`.
    #[must_use]
    pub fn rows(&self, script: &str) -> Vec<Row> {
        rows_of("out", "_tableName_", &self.run(script, "json").success())
    }

    /// Returns all requests that it holds.
    #[must_use]
    pub fn requests(&self) -> Vec<Row> {
        self.rows(ALL_REQUESTS)
    }

    /// Waits until it holds a number of requests, and returns them.
    #[must_use]
    pub fn wait_for_requests(&self, count: usize) -> Vec<Row> {
        wait_for(&format!("{count} rows in http_events"), LIMIT, || {
            let rows = self.requests();
            (rows.len() >= count).then_some(rows)
        })
    }

    /// Returns the first report of `agent_status` behind a time, by stage and name. The values of
    /// one report belong together.
    #[must_use]
    pub fn report_after(&self, time_ns: i64) -> Option<BTreeMap<(String, String), i64>> {
        let rows = self.rows("import px\npx.display(px.DataFrame('agent_status'), 'out')\n");
        let time = |row: &Row| row.number("time_");
        let first_ns = rows
            .iter()
            .map(time)
            .filter(|&at_ns| at_ns > time_ns)
            .min()?;
        let of_report = rows.iter().filter(|row| time(row) == first_ns);
        let named = |row: &Row| {
            let name = (row.text("stage").to_owned(), row.text("name").to_owned());
            (name, row.number("value"))
        };
        Some(of_report.map(named).collect())
    }

    /// Stops it as Ctrl-C does, and returns how it ended.
    #[must_use]
    pub fn interrupt(self) -> Finished {
        self.process.signal(Signal::INT);
        self.process.finish()
    }

    /// Returns true if it answers a query.
    #[must_use]
    pub fn px_is_answered(&self) -> bool {
        self.run(ALL_REQUESTS, "json").status.success()
    }

    /// Waits for its end.
    #[must_use]
    pub fn finish(self) -> Finished {
        self.process.finish()
    }

    /// Kills it without a chance to clean up.
    pub fn kill(self) {
        drop(self);
    }
}
