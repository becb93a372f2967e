//! Where a test takes place.

use crate::agent::Agent;
use crate::network::Network;
use crate::process::{Finished, Running};
use crate::tools;
use std::cell::{Cell, RefCell};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A folder and a network of a test's own.
#[derive(Debug)]
pub struct Scene {
    folder: tempfile::TempDir,
    commands: Cell<usize>,
    variables: RefCell<Vec<(String, OsString)>>,
    _network: Network,
}

impl Scene {
    /// Moves the calling thread into a new scene.
    #[must_use]
    pub fn new() -> Self {
        tools::require_root();
        let folder = tempfile::Builder::new()
            .prefix("nixie-e2e-")
            .tempdir()
            .expect("space");
        Self {
            folder,
            commands: Cell::new(0),
            variables: RefCell::default(),
            _network: Network::enter(),
        }
    }

    /// Returns the path of a file in the folder.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file into the folder.
    #[must_use]
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("the folder is ours");
        path
    }

    /// Starts a process.
    #[must_use]
    pub fn start(&self, name: &str, command: &mut Command) -> Running {
        let number = self.commands.replace(self.commands.get() + 1);
        Running::start(self.folder.path(), &format!("{name}-{number}"), command)
    }

    /// Runs a process to its end.
    #[must_use]
    pub fn run(&self, name: &str, command: &mut Command) -> Finished {
        self.start(name, command).finish()
    }

    /// Sets a variable in the environment of all px from now on.
    pub fn set_variable(&self, name: &str, value: impl Into<OsString>) {
        let variable = (name.to_owned(), value.into());
        self.variables.borrow_mut().push(variable);
    }

    /// Returns a command of px that finds no agent, and no login, but those of this test.
    #[must_use]
    pub fn px(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(tools::px());
        command
            .args(arguments)
            .env_remove("PX_LOG")
            .env("PX_CONFIG", self.path("config.json"))
            .env("NO_COLOR", "1")
            .env("XDG_CONFIG_HOME", self.path("config"))
            .envs(self.variables.borrow().iter().cloned());
        command
    }

    /// Starts a process that does nothing, for agents that are to see nothing.
    #[must_use]
    pub fn idle(&self) -> Running {
        self.start("idle", Command::new("sleep").arg("600"))
    }

    /// Starts `px up` on a scope, and returns once it is up.
    #[must_use]
    pub fn up(&self, scope: &str) -> Agent<'_> {
        self.up_with(scope, &[])
    }

    /// The same with more options.
    #[must_use]
    pub fn up_with(&self, scope: &str, options: &[&str]) -> Agent<'_> {
        Agent::start(self, scope, options)
    }
}

impl Default for Scene {
    fn default() -> Self {
        Self::new()
    }
}
