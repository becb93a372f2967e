//! The settings file: one JSON object of texts.

use super::keys::{Problem, problem};
use crate::failure::{Exit, Failure};
use crate::private_file;
use clap::Command;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// Names the settings file, if it is not the usual one.
const FILE_VARIABLE: &str = "PX_CONFIG";

/// LIMIT: bytes of a settings file.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// What the user has set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings(BTreeMap<String, String>);

impl Settings {
    /// Returns where the file is: where `PX_CONFIG` says, or in the user's folder of settings.
    pub(crate) fn path() -> Option<PathBuf> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        if let Some(path) = variable(FILE_VARIABLE) {
            return Some(PathBuf::from(path));
        }
        let absolute = |path: PathBuf| path.is_absolute().then_some(path);
        let folder = variable("XDG_CONFIG_HOME")
            .map(PathBuf::from)
            .and_then(absolute);
        let home = || Some(absolute(PathBuf::from(variable("HOME")?))?.join(".config"));
        Some(folder.or_else(home)?.join("nixie/config.json"))
    }

    /// Reads the file; without one, nothing is set.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let text = match read(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            read => read.map_err(|error| unusable(path).caused_by(&error))?,
        };
        let values = serde_json::from_str(&text).map_err(|error| {
            unusable(path)
                .caused_by(&error)
                .hint("it must be an object of texts, such as {\"output\": \"json\"}")
        })?;
        Ok(Self(values))
    }

    /// Writes the file, for its owner only: keys may be in it.
    pub(crate) fn write(&self, path: &Path) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(&self.0).map_err(|error| Failure::of(&error))?;
        let written = private_file::write(path, format!("{text}\n").as_bytes());
        written.map_err(|error| unusable(path).caused_by(&error))
    }

    /// Returns what is set for a flag of a command.
    pub(crate) fn of(&self, path: &[String], flag: &str) -> Option<&str> {
        let of_one = self.0.get(&format!("{}.{flag}", path.join(".")));
        of_one.or_else(|| self.0.get(flag)).map(String::as_str)
    }

    /// Returns all that is set, sorted by key.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// Returns the value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str)
    }

    /// Sets a key.
    pub(crate) fn set(&mut self, key: &str, value: &str) {
        self.0.insert(key.to_owned(), value.to_owned());
    }

    /// Takes a key away; returns false if it was not set.
    pub(crate) fn unset(&mut self, key: &str) -> bool {
        self.0.remove(key).is_some()
    }

    /// Takes away what does not fit the command line, and returns a sentence about each.
    pub(crate) fn retain_valid(&mut self, command: &Command) -> Vec<String> {
        let mut wrong = Vec::new();
        self.0.retain(|key, value| {
            let problem = problem(command, key, value);
            wrong.extend(problem.as_ref().map(|problem| match problem {
                Problem::Unknown { .. } => format!("there is no setting `{key}`"),
                Problem::Value { message } => format!("setting `{key}`: {message}"),
            }));
            problem.is_none()
        });
        wrong
    }

    #[cfg(test)]
    pub(super) fn of_pairs(pairs: &[(&str, &str)]) -> Self {
        let own = |&(key, value): &(&str, &str)| (key.to_owned(), value.to_owned());
        Self(pairs.iter().map(own).collect())
    }
}

fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    fs::File::open(path)?
        .take(FILE_BYTES_MAX + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > FILE_BYTES_MAX {
        let message = format!("it has more than {FILE_BYTES_MAX} bytes");
        return Err(io::Error::other(message));
    }
    Ok(text)
}

fn unusable(path: &Path) -> Failure {
    let message = format!("settings file `{}` cannot be used", path.display());
    Failure::new(Exit::Failed, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Cli;
    use clap::CommandFactory;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn what_is_written_is_read_by_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/config.json");
        assert_eq!(Settings::read(&path).unwrap(), Settings::default());
        let mut settings = Settings::default();
        settings.set("output", "json");
        settings.write(&path).unwrap();
        settings.set("run.output", "csv");
        settings.write(&path).unwrap();
        assert_eq!(Settings::read(&path).unwrap(), settings);
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
        assert!(settings.unset("output") && !settings.unset("output"));
    }

    #[test]
    fn a_file_that_is_none_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.json");
        for text in ["", "[]", "{\"a\": 1}"] {
            fs::write(&path, text).unwrap();
            let failure = Settings::read(&path).unwrap_err().to_string();
            assert!(failure.contains("must be an object of texts"), "{failure}");
        }
    }

    #[test]
    fn what_does_not_fit_is_left_out_and_told() {
        let pairs = [("output", "xml"), ("nothing", "1"), ("stats", "true")];
        let mut settings = Settings::of_pairs(&pairs);
        let wrong = settings.retain_valid(&Cli::command());
        assert_eq!(wrong.len(), 2, "{wrong:?}");
        assert_eq!(settings, Settings::of_pairs(&[("stats", "true")]));
    }
}
