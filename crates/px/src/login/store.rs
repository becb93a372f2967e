//! The file with all logins of a person; nobody else may read it.

use crate::failure::{Exit, Failure};
use crate::private_file;
use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

const FILE: &str = "auth.json";
const LOCK_FILE: &str = "auth.lock";

/// LIMIT: bytes of the file.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

/// A login at an agent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Login {
    /// Provider that knows the person.
    pub(crate) issuer: String,
    /// What the provider calls `px`.
    pub(crate) client_id: String,
    /// Whom the token is for, if it is an access token.
    pub(crate) audience: Option<String>,
    /// The name that the provider gives the person.
    pub(crate) subject: String,
    /// What lets in.
    pub(crate) token: String,
    /// When it expires, in seconds since the Unix epoch.
    pub(crate) expires_s: i64,
    /// What gives another one.
    pub(crate) refresh_token: Option<String>,
    /// Authorities of the agent's certificate, if not those that the system trusts.
    pub(crate) tls_ca: Option<PathBuf>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Content {
    logins: BTreeMap<String, Login>,
}

/// The logins of a person.
#[derive(Clone, Debug)]
pub(crate) struct Logins {
    folder: PathBuf,
}

impl Logins {
    /// Returns those in the usual folder, unless the environment names none.
    pub(crate) fn usual() -> Option<Self> {
        let variable = |name| std::env::var_os(name);
        let folder = usual_folder(variable("XDG_CONFIG_HOME"), variable("HOME"))?;
        Some(Self { folder })
    }

    /// The same, for commands that cannot do without.
    pub(crate) fn required() -> Result<Self, Failure> {
        Self::usual().ok_or_else(|| {
            let message = "no folder for logins: neither `XDG_CONFIG_HOME` nor `HOME` is set";
            Failure::new(Exit::Failed, message)
        })
    }

    /// Returns the login at an agent.
    pub(crate) fn get(&self, address: &str) -> Result<Option<Login>, Failure> {
        Ok(self.read()?.logins.remove(address))
    }

    /// Returns all logins.
    pub(crate) fn all(&self) -> Result<BTreeMap<String, Login>, Failure> {
        Ok(self.read()?.logins)
    }

    /// Keeps a login.
    pub(crate) fn set(&self, address: &str, login: &Login) -> Result<(), Failure> {
        let mut content = self.read()?;
        content.logins.insert(address.to_owned(), login.clone());
        self.write(&content)
    }

    /// Forgets a login; returns it, if there was one.
    pub(crate) fn remove(&self, address: &str) -> Result<Option<Login>, Failure> {
        let mut content = self.read()?;
        let removed = content.logins.remove(address);
        if removed.is_some() {
            self.write(&content)?;
        }
        Ok(removed)
    }

    /// Waits until no other px changes the logins; others wait until the result is dropped.
    pub(crate) fn lock(&self) -> Result<File, Failure> {
        let lock = || {
            private_file::make_folder(&self.folder)?;
            let mut open = OpenOptions::new();
            let open = open.create(true).append(true).mode(0o600);
            let file = open.open(self.folder.join(LOCK_FILE))?;
            flock(&file, FlockOperation::LockExclusive)?;
            Ok(file)
        };
        lock().map_err(|error: io::Error| self.failure("write", &error))
    }

    fn read(&self) -> Result<Content, Failure> {
        let path = self.folder.join(FILE);
        let read = || {
            let size = fs::metadata(&path)?.len();
            if size > FILE_BYTES_MAX {
                return Err(io::Error::other(format!("it has {size} bytes")));
            }
            fs::read(&path)
        };
        match read() {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| {
                self.failure("read", &error)
                    .hint("remove the file, and log in again with `px auth login`")
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Content::default()),
            Err(error) => Err(self.failure("read", &error)),
        }
    }

    /// Puts the file in place as a whole, readable by its owner only from the start.
    fn write(&self, content: &Content) -> Result<(), Failure> {
        let text = serde_json::to_vec_pretty(content);
        let text = text.map_err(|error| self.failure("write", &error))?;
        private_file::write(&self.folder.join(FILE), &text)
            .map_err(|error| self.failure("write", &error))
    }

    fn failure(&self, what: &str, error: &(dyn std::error::Error + 'static)) -> Failure {
        let path = self.folder.join(FILE);
        let message = format!("cannot {what} logins in `{}`", path.display());
        Failure::new(Exit::Failed, message).caused_by(error)
    }
}

fn usual_folder(config: Option<OsString>, home: Option<OsString>) -> Option<PathBuf> {
    let absolute = |folder: OsString| Some(PathBuf::from(folder)).filter(|path| path.is_absolute());
    let config = config.and_then(absolute);
    let config = config.or_else(|| Some(home.and_then(absolute)?.join(".config")))?;
    Some(config.join("nixie"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    fn login(subject: &str) -> Login {
        Login {
            issuer: "https://id.example.org".to_owned(),
            client_id: "px".to_owned(),
            audience: None,
            subject: subject.to_owned(),
            token: "secret".to_owned(),
            expires_s: 7,
            refresh_token: None,
            tls_ca: None,
        }
    }

    #[test]
    fn logins_are_kept_by_agent_and_for_their_owner_only() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("nixie");
        let logins = Logins {
            folder: folder.clone(),
        };
        let [first, second] = ["127.0.0.1:4747", "px.example:4747"];
        assert_eq!(logins.get(first).unwrap(), None);
        logins.set(first, &login("ada")).unwrap();
        logins.set(second, &login("bob")).unwrap();
        assert_eq!(logins.get(first).unwrap(), Some(login("ada")));
        assert_eq!(folder.join(FILE).metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(folder.metadata().unwrap().mode() & 0o777, 0o700);
        assert_eq!(logins.remove(first).unwrap(), Some(login("ada")));
        assert_eq!(logins.remove(first).unwrap(), None);
        assert_eq!(logins.all().unwrap().len(), 1);
        fs::write(folder.join(FILE), "{").unwrap();
        let error = logins.get(second).unwrap_err().to_string();
        assert!(
            error.contains("auth.json") && error.contains("px auth login"),
            "{error}"
        );
    }

    #[test]
    fn the_folder_is_where_settings_belong() {
        let path = |text: &str| Some(OsString::from(text));
        assert_eq!(
            usual_folder(path("/c"), path("/h")),
            Some(PathBuf::from("/c/nixie"))
        );
        let home = PathBuf::from("/h/.config/nixie");
        assert_eq!(usual_folder(path("relative"), path("/h")), Some(home));
        assert_eq!(usual_folder(None, None), None);
    }
}
