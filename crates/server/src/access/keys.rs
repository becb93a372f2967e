//! API keys, in a SQLite file that the agent and `px api-key` share.
//!
//! A key is random and shown once; the file has only its SHA-256. With 122 random bits there is
//! nothing to guess, so that a slow hash would only make requests slow.

use super::Role;
use crate::state_file::{self, StateFileError};
use nixie_api::ApiKeyInfo;
use nixie_types::clock;
use ring::digest::{SHA256, digest};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Name of the file in the state folder.
const FILE: &str = "api-keys.sqlite";

/// How keys begin, as clients know them.
const PREFIX: &str = "px-api-";

/// Version of the tables in the file.
const VERSION: i64 = 1;

const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS api_keys (
        id TEXT PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        description TEXT NOT NULL,
        role TEXT NOT NULL,
        created_ns INTEGER NOT NULL
    )";

/// LIMIT: keys that are not revoked.
const KEYS_MAX: i64 = 10_000;

/// LIMIT: bytes of a key's description.
const DESCRIPTION_BYTES_MAX: usize = 1024;

/// What is known of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyInfo {
    /// Names the key; no secret.
    pub id: Uuid,
    /// What it is for.
    pub description: String,
    /// What it allows.
    pub role: Role,
    /// When it was created.
    pub created_ns: i64,
}

impl From<KeyInfo> for ApiKeyInfo {
    fn from(info: KeyInfo) -> Self {
        Self {
            id: info.id.to_string(),
            role: info.role.name().to_owned(),
            created_ns: info.created_ns,
            description: info.description,
        }
    }
}

/// A key that has just been created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// What is known of it.
    pub info: KeyInfo,
    /// The key itself; nobody can tell it later.
    pub key: String,
}

/// Why keys could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be opened.
    #[error(transparent)]
    File(#[from] StateFileError),
    /// Reading or writing failed, for example because the disk is full.
    #[error("reading or writing API keys failed")]
    Sqlite(#[from] rusqlite::Error),
    /// The file holds what was never written there.
    #[error("key `{id}` has role `{role}`, which is none; revoke it and create another")]
    Corrupt {
        /// The key.
        id: String,
        /// What is there as its role.
        role: String,
    },
    /// The description is too long.
    #[error("description of {seen_bytes} bytes exceeds the limit of {DESCRIPTION_BYTES_MAX} bytes")]
    Description {
        /// Its length.
        seen_bytes: usize,
    },
    /// There are too many keys.
    #[error("there are {KEYS_MAX} API keys, which is the limit; revoke those that are not in use")]
    TooMany,
}

/// The API keys.
#[derive(Debug)]
pub struct KeyStore {
    connection: Mutex<Connection>,
    path: PathBuf,
}

impl KeyStore {
    /// Opens the keys of a state folder; makes folder and file if they are missing.
    ///
    /// # Errors
    ///
    /// When the file cannot be opened or is of a newer version.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        let path = folder.join(FILE);
        let connection = state_file::open(&path, VERSION, TABLES)?;
        let connection = Mutex::new(connection);
        Ok(Self { connection, path })
    }

    /// Returns the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a key.
    ///
    /// # Errors
    ///
    /// When it cannot be written, or there are too many.
    pub fn create(&self, description: &str, role: Role) -> Result<NewKey, KeyError> {
        if description.len() > DESCRIPTION_BYTES_MAX {
            return Err(KeyError::Description {
                seen_bytes: description.len(),
            });
        }
        let key = format!("{PREFIX}{}", Uuid::new_v4());
        let info = KeyInfo {
            id: Uuid::new_v4(),
            description: description.to_owned(),
            role,
            created_ns: clock::now_ns(),
        };
        let written = self.lock().execute(
            "INSERT INTO api_keys (id, hash, description, role, created_ns)
             SELECT ?1, ?2, ?3, ?4, ?5 WHERE (SELECT count(*) FROM api_keys) < ?6",
            params![
                info.id.to_string(),
                hash(&key),
                info.description,
                role.name(),
                info.created_ns,
                KEYS_MAX
            ],
        )?;
        match written {
            0 => Err(KeyError::TooMany),
            _ => Ok(NewKey { info, key }),
        }
    }

    /// Returns all keys, the oldest first.
    ///
    /// # Errors
    ///
    /// When they cannot be read.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeyError> {
        let connection = self.lock();
        let mut statement = connection.prepare(
            "SELECT id, description, role, created_ns FROM api_keys ORDER BY created_ns, id",
        )?;
        let rows = statement.query_map([], read)?;
        rows.map(|row| info(row?)).collect()
    }

    /// Returns a key by its id.
    ///
    /// # Errors
    ///
    /// When it cannot be read.
    pub fn get(&self, id: Uuid) -> Result<Option<KeyInfo>, KeyError> {
        let query = "SELECT id, description, role, created_ns FROM api_keys WHERE id = ?1";
        let row = self
            .lock()
            .query_row(query, [id.to_string()], read)
            .optional()?;
        row.map(info).transpose()
    }

    /// Returns what is known of a key that somebody shows, if it is one.
    ///
    /// # Errors
    ///
    /// When keys cannot be read.
    pub fn find(&self, key: &str) -> Result<Option<KeyInfo>, KeyError> {
        if !key.starts_with(PREFIX) {
            return Ok(None);
        }
        let query = "SELECT id, description, role, created_ns FROM api_keys WHERE hash = ?1";
        let row = self.lock().query_row(query, [hash(key)], read).optional()?;
        row.map(info).transpose()
    }

    /// Takes a key away; returns false if there is none of that id.
    ///
    /// # Errors
    ///
    /// When that cannot be written.
    pub fn revoke(&self, id: Uuid) -> Result<bool, KeyError> {
        let removed = self
            .lock()
            .execute("DELETE FROM api_keys WHERE id = ?1", [id.to_string()])?;
        Ok(removed > 0)
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn hash(secret: &str) -> Vec<u8> {
    digest(&SHA256, secret.as_bytes()).as_ref().to_vec()
}

/// A row as it is in the file.
type Stored = (String, String, String, i64);

fn read(row: &Row<'_>) -> rusqlite::Result<Stored> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}

fn info((id, description, role, created_ns): Stored) -> Result<KeyInfo, KeyError> {
    let parsed = (Uuid::parse_str(&id), role.parse());
    let (Ok(uuid), Ok(parsed_role)) = parsed else {
        return Err(KeyError::Corrupt { id, role });
    };
    Ok(KeyInfo {
        id: uuid,
        description,
        role: parsed_role,
        created_ns,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    #[test]
    fn keys_are_shared_between_processes_and_hashed_at_rest() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("state");
        let agent = KeyStore::open(&folder).unwrap();
        let command = KeyStore::open(&folder).unwrap();
        let new = command.create("grafana", Role::Editor).unwrap();
        assert!(Uuid::parse_str(new.key.strip_prefix("px-api-").unwrap()).is_ok());
        assert_eq!(agent.find(&new.key).unwrap(), Some(new.info.clone()));
        assert_eq!(agent.list().unwrap(), std::slice::from_ref(&new.info));
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let bytes = std::fs::read(&path).unwrap();
            let secret = new.key.as_bytes();
            assert!(
                !bytes.windows(secret.len()).any(|window| window == secret),
                "{path:?}"
            );
            assert_eq!(path.metadata().unwrap().mode() & 0o077, 0, "{path:?}");
        }
        assert!(command.revoke(new.info.id).unwrap());
        assert!(!command.revoke(new.info.id).unwrap());
        assert_eq!(agent.find(&new.key).unwrap(), None);
    }

    #[test]
    fn what_is_no_database_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), "x".repeat(4096)).unwrap();
        let error = KeyStore::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("api-keys.sqlite"), "{error}");
        let under_a_file = folder.path().join(FILE).join("state");
        let error = KeyStore::open(&under_a_file).unwrap_err().to_string();
        assert!(error.contains("--state-dir"), "{error}");
    }

    #[test]
    fn a_file_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(folder.path()).unwrap();
        store
            .lock()
            .execute_batch("PRAGMA user_version = 7")
            .unwrap();
        let error = KeyStore::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("is of version 7"), "{error}");
    }

    #[test]
    fn a_full_disk_is_an_error_and_loses_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(folder.path()).unwrap();
        let first = store.create("first", Role::Viewer).unwrap();
        let pages: i64 = store
            .lock()
            .query_row("PRAGMA page_count", [], |row| row.get(0))
            .unwrap();
        store
            .lock()
            .execute_batch(&format!("PRAGMA max_page_count = {pages}"))
            .unwrap();
        let full = (0..1000).find_map(|_| store.create(&"x".repeat(1000), Role::Viewer).err());
        let error = full.expect("no room for a megabyte");
        let cause = std::error::Error::source(&error)
            .expect("a cause")
            .to_string();
        assert!(cause.contains("full"), "{cause}");
        assert_eq!(store.find(&first.key).unwrap(), Some(first.info));
    }

    #[test]
    fn a_long_description_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let store = KeyStore::open(folder.path()).unwrap();
        let error = store.create(&"x".repeat(1025), Role::Viewer).unwrap_err();
        assert!(
            error.to_string().starts_with("description of 1025 bytes"),
            "{error}"
        );
    }
}
