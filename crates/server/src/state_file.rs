//! SQLite files in the state folder: readable by their owner only, and of a known version.

use rusqlite::Connection;
use std::error::Error;
use std::fs::{DirBuilder, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// LIMIT: time to wait for another process that writes the file.
const BUSY_TIME_MAX: Duration = Duration::from_secs(2);

/// Why a file of the state folder could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StateFileError {
    /// The file could not be opened.
    #[error("cannot open `{path}`; name a folder that can be written with `--state-dir`")]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// What the system or SQLite said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// A newer version of px has written the file.
    #[error("`{path}` is of version {seen}; this px understands up to {known}: use a newer one")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Version of the file.
        seen: i64,
        /// Latest version that this px understands.
        known: i64,
    },
}

/// Opens a file of the state folder, and makes folder, file and tables if they are missing.
///
/// `tables` makes the tables of `version`, and changes nothing where they are there.
pub(crate) fn open(path: &Path, version: i64, tables: &str) -> Result<Connection, StateFileError> {
    let failed = |source: Box<dyn Error + Send + Sync>| StateFileError::Open {
        path: path.to_owned(),
        source,
    };
    make_private(path).map_err(|error| failed(error.into()))?;
    let connect = || -> rusqlite::Result<(Connection, i64)> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(BUSY_TIME_MAX)?;
        let seen = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        Ok((connection, seen))
    };
    let (connection, seen) = connect().map_err(|error| failed(error.into()))?;
    if seen > version {
        return Err(StateFileError::TooNew {
            path: path.to_owned(),
            seen,
            known: version,
        });
    }
    if seen == version {
        // Nothing is written, so that a full disk takes away nothing that is there.
        return Ok(connection);
    }
    let made = connection.execute_batch(&format!(
        "PRAGMA journal_mode = WAL; {tables}; PRAGMA user_version = {version};"
    ));
    made.map_err(|error| failed(error.into()))?;
    Ok(connection)
}

/// Makes folder and file readable by their owner only, before anything is written.
fn make_private(file: &Path) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
    }
    let mut open = OpenOptions::new();
    open.create(true)
        .append(true)
        .mode(0o600)
        .open(file)
        .map(drop)
}
