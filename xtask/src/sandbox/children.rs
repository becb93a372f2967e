//! The processes that a sandbox has started, in order.

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// LIMIT: time that a server may take to end before it is killed.
const END_WITHIN: Duration = Duration::from_secs(10);

/// LIMIT: lines of a log that an error shows.
const LOG_LINES_MAX: usize = 15;

/// How a process is asked to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// SIGINT, which PostgreSQL takes as: without waiting for clients.
    Interrupt,
    /// SIGTERM.
    Terminate,
}

/// Running processes. They end in reverse order, at the latest when this is dropped.
pub(crate) struct Children {
    folder: PathBuf,
    running: Vec<Running>,
}

struct Running {
    name: &'static str,
    child: Child,
    stop: Stop,
}

impl Children {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            running: Vec::new(),
        }
    }

    /// Starts a process as a user. What it prints goes to its log; it dies with this one.
    pub(crate) fn start(
        &mut self,
        name: &'static str,
        user: Option<&str>,
        stop: Stop,
        command: &Command,
    ) -> Result<u32> {
        let log = File::create(self.log_file(name))?;
        let mut started = Command::new("setpriv");
        if let Some(user) = user {
            started.args(["--reuid", user, "--init-groups"]);
            started.args(["--regid", &group_of(user)?]);
        }
        let child = started
            .args(["--pdeathsig", "KILL", "--"])
            .arg(command.get_program())
            .args(command.get_args())
            .envs(
                command
                    .get_envs()
                    .filter_map(|(name, value)| Some((name, value?))),
            )
            .current_dir(&self.folder)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .with_context(|| format!("{name} cannot be started"))?;
        let pid = child.id();
        self.running.push(Running { name, child, stop });
        Ok(pid)
    }

    /// An error, with the end of its log, if one of the processes has ended.
    pub(crate) fn check(&mut self) -> Result<()> {
        for running in &mut self.running {
            if let Some(status) = running.child.try_wait()? {
                let name = running.name;
                bail!(
                    "{name} has ended: {status}; its log ends with:\n{}",
                    self.log_end(name)
                );
            }
        }
        Ok(())
    }

    /// Waits for a process to end by itself.
    pub(crate) fn wait(&mut self, name: &str, limit: Duration) -> Result<ExitStatus> {
        let at = self.running.iter().position(|running| running.name == name);
        let mut running = self
            .running
            .remove(at.with_context(|| format!("no {name} was started"))?);
        match ended_within(&mut running.child, limit)? {
            Some(status) => Ok(status),
            None => {
                self.running.push(running);
                bail!("{name} did not end within {} s", limit.as_secs())
            }
        }
    }

    /// Asks one process to end and waits for it.
    pub(crate) fn end(&mut self, name: &str) -> Result<ExitStatus> {
        let running = self.running.iter().find(|running| running.name == name);
        running
            .with_context(|| format!("no {name} was started"))?
            .ask_to_end();
        self.wait(name, END_WITHIN)
    }

    /// Ends all processes, the last one first; returns what did not go well.
    pub(crate) fn stop(&mut self) -> Vec<String> {
        let mut problems = Vec::new();
        while let Some(mut running) = self.running.pop() {
            running.ask_to_end();
            let name = running.name;
            match ended_within(&mut running.child, END_WITHIN) {
                Ok(Some(_)) => {}
                Ok(None) => {
                    problems.push(format!("{name} had to be killed"));
                    kill_and_wait(&mut running.child);
                }
                Err(error) => problems.push(format!("{name} cannot be waited for: {error}")),
            }
        }
        problems
    }

    /// Returns what a process has printed so far.
    pub(crate) fn log(&self, name: &str) -> String {
        fs::read(self.log_file(name))
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .unwrap_or_default()
    }

    /// Returns the ends of all logs, for an error.
    pub(crate) fn logs(&self) -> String {
        let each = self.running.iter();
        let texts: Vec<String> = each
            .map(|running| format!("log of {}:\n{}", running.name, self.log_end(running.name)))
            .collect();
        texts.join("\n")
    }

    fn log_end(&self, name: &str) -> String {
        let log = self.log(name);
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES_MAX)..].join("\n")
    }

    fn log_file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.log"))
    }
}

impl Drop for Children {
    fn drop(&mut self) {
        for problem in self.stop() {
            eprintln!("warning: {problem}");
        }
    }
}

impl Running {
    fn ask_to_end(&self) {
        let signal = match self.stop {
            Stop::Interrupt => Signal::INT,
            Stop::Terminate => Signal::TERM,
        };
        // Not waited for yet: the id is still its own, and at worst it has ended already.
        kill_process(Pid::from_child(&self.child), signal).ok();
    }
}

fn kill_and_wait(child: &mut Child) {
    if let Err(error) = child.kill().and_then(|()| child.wait()) {
        eprintln!("warning: process {} cannot be killed: {error}", child.id());
    }
}

fn ended_within(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            return Ok(None);
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Returns the number of a user's group.
fn group_of(user: &str) -> Result<String> {
    let printed = crate::command::output(Command::new("id").args(["-g", user]))?;
    Ok(printed.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("xtask-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn an_early_end_is_an_error_with_the_log() {
        let folder = folder("early");
        let mut children = Children::new(&folder);
        children
            .start(
                "server",
                None,
                Stop::Terminate,
                &shell("echo broken; exit 4"),
            )
            .unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let error = loop {
            match children.check() {
                Err(error) => break error.to_string(),
                Ok(()) => assert!(Instant::now() < deadline, "it ends at once"),
            }
        };
        assert!(
            error.contains("server has ended: exit status: 4"),
            "{error}"
        );
        assert!(error.contains("broken"), "{error}");
        drop(children);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn all_are_ended_and_waited_for() {
        let folder = folder("ended");
        let mut children = Children::new(&folder);
        let sleep = shell("exec sleep 60");
        // Whoever runs the tests may have interrupts ignored, and children inherit that.
        let interruptible = shell("exec env --default-signal=INT sleep 60");
        let pids = [
            children
                .start("one", None, Stop::Terminate, &sleep)
                .unwrap(),
            children
                .start("two", None, Stop::Interrupt, &interruptible)
                .unwrap(),
        ];
        children.check().unwrap();
        assert_eq!(children.stop(), Vec::<String>::new());
        for pid in pids {
            assert!(
                fs::metadata(format!("/proc/{pid}")).is_err(),
                "{pid} is gone"
            );
        }
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn one_can_be_ended_by_its_name() {
        let folder = folder("one");
        let mut children = Children::new(&folder);
        children
            .start("load", None, Stop::Terminate, &shell("exec sleep 60"))
            .unwrap();
        assert!(!children.end("load").unwrap().success());
        assert!(children.end("load").is_err());
        drop(children);
        fs::remove_dir_all(folder).unwrap();
    }
}
