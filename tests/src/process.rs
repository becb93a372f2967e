//! Processes that end with the test.

use crate::deadline::{LIMIT, wait_for};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::time::Duration;

/// LIMIT: bytes of a failed process's output that a test shows.
const SHOWN_BYTES_MAX: usize = 2000;

/// A process that the test started. Dropping it kills it and what it has started.
#[derive(Debug)]
pub struct Running {
    name: String,
    child: Child,
    output: PathBuf,
    errors: PathBuf,
}

/// A process that has ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl Finished {
    /// Returns the exit code.
    ///
    /// # Panics
    ///
    /// When a signal ended it.
    #[must_use]
    pub fn code(&self) -> i32 {
        self.status
            .code()
            .unwrap_or_else(|| panic!("ended by a signal: {self:?}"))
    }

    /// Returns what it wrote to standard output, after checking that it succeeded.
    ///
    /// # Panics
    ///
    /// When it failed.
    #[must_use]
    pub fn success(self) -> String {
        assert!(self.status.success(), "{self:?}");
        self.stdout
    }
}

impl Running {
    /// Starts a process whose output goes to files `NAME.out` and `NAME.err` of a folder.
    pub(crate) fn start(folder: &Path, name: &str, command: &mut Command) -> Self {
        let output = folder.join(format!("{name}.out"));
        let errors = folder.join(format!("{name}.err"));
        let child = command
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(File::create(&output).expect("the folder is ours"))
            .stderr(File::create(&errors).expect("the folder is ours"))
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
        Self {
            name: name.to_owned(),
            child,
            output,
            errors,
        }
    }

    /// Returns its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Returns what it has written to standard output so far.
    #[must_use]
    pub fn stdout(&self) -> String {
        read(&self.output)
    }

    /// Returns what it has written to standard error so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        read(&self.errors)
    }

    /// Returns its standard input, once.
    #[must_use]
    pub fn take_stdin(&mut self) -> ChildStdin {
        self.child
            .stdin
            .take()
            .expect("the input was not taken before")
    }

    /// Sends it a signal.
    ///
    /// # Panics
    ///
    /// When it is not there any more.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal)
            .unwrap_or_else(|error| panic!("`{}` is gone: {error}: {}", self.name, self.stderr()));
    }

    /// Returns how it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Waits for its end.
    #[must_use]
    pub fn finish(self) -> Finished {
        self.finish_within(LIMIT)
    }

    /// Waits for its end, but not longer than a limit.
    #[must_use]
    pub fn finish_within(mut self, limit: Duration) -> Finished {
        drop(self.child.stdin.take());
        let name = format!("end of `{}`", self.name);
        let status = wait_for(&name, limit, || self.ended());
        Finished {
            status,
            stdout: self.stdout(),
            stderr: self.stderr(),
        }
    }

    /// Returns the memory that it holds, in bytes.
    #[must_use]
    pub fn resident_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("alive");
        let kib: u64 = line
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("a number");
        kib << 10
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let errors = self.stderr();
            let from = errors.floor_char_boundary(errors.len().saturating_sub(SHOWN_BYTES_MAX));
            eprintln!("--- `{}` wrote: {}", self.name, &errors[from..]);
        }
        // They may have ended already; then nobody needs to know.
        kill_process_group(Pid::from_child(&self.child), Signal::KILL).unwrap_or_default();
        self.child.wait().map(drop).unwrap_or_default();
    }
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned()
}
