//! Files that are not in their place before they are whole.
//!
//! What is written goes to a file beside the place, which takes it at the end. So a command that
//! fails leaves what was there as it was, and nothing that is half written.

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::Builder;

/// LIMIT: names that are tried: a process that was killed may have left files with its number.
const NAMES_MAX: usize = 100;

/// The files that have not taken their places.
static UNDER_WAY: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

/// How many names this process has given to files.
static NAMED: AtomicUsize = AtomicUsize::new(0);

/// A file that is being written; gone when it is dropped before it has taken its place.
#[derive(Debug)]
pub(crate) struct NewFile {
    file: File,
    /// Its place, as the user calls it.
    path: PathBuf,
    /// Its place, behind all links.
    target: PathBuf,
    /// Where it is so far; nothing for a device or a pipe, which is written to as it is.
    temporary: Option<PathBuf>,
}

impl NewFile {
    /// Begins a file that is to take a place; it gets the permissions of one that is there.
    pub(crate) fn create(path: &Path) -> io::Result<Self> {
        match fs::metadata(path) {
            Ok(there) if there.is_file() => {
                // One that may not be written to may not be replaced either.
                drop(OpenOptions::new().write(true).open(path)?);
                let mut new = Self::beside(&path.canonicalize()?, 0o600)?;
                path.clone_into(&mut new.path);
                new.file.set_permissions(there.permissions())?;
                Ok(new)
            }
            Ok(_) => Ok(Self {
                file: File::create(path)?,
                path: path.to_owned(),
                target: path.to_owned(),
                temporary: None,
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::beside(path, 0o666),
            Err(error) => Err(error),
        }
    }

    /// Begins a file that only its owner may read, whoever may read one that is there.
    pub(crate) fn private(path: &Path) -> io::Result<Self> {
        Self::beside(path, 0o600)
    }

    fn beside(path: &Path, mode: u32) -> io::Result<Self> {
        if path.file_name().is_none() {
            return Err(ErrorKind::InvalidFilename.into());
        }
        let mut options = OpenOptions::new();
        options.write(true).create_new(true).mode(mode);
        let mut under_way = under_way();
        for _ in 0..NAMES_MAX {
            let number = NAMED.fetch_add(1, Ordering::Relaxed);
            let name = format!(".px-new-{}-{number}", std::process::id());
            let temporary = path.with_file_name(name);
            let file = match options.open(&temporary) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                opened => opened?,
            };
            under_way.push(temporary.clone());
            return Ok(Self {
                file,
                path: path.to_owned(),
                target: path.to_owned(),
                temporary: Some(temporary),
            });
        }
        Err(ErrorKind::AlreadyExists.into())
    }

    /// Returns what is written to.
    pub(crate) fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Returns its place, as the user calls it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives it another place in the same file system.
    pub(crate) fn set_path(&mut self, path: PathBuf) {
        self.target.clone_from(&path);
        self.path = path;
    }

    /// Has it take its place.
    pub(crate) fn put_in_place(mut self) -> io::Result<()> {
        if let Some(temporary) = &self.temporary {
            self.file.sync_all()?;
            fs::rename(temporary, &self.target)?;
            under_way().retain(|known| known != temporary);
            self.temporary = None;
        }
        Ok(())
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // That it cannot go is the smaller trouble: why it was given up is told.
            fs::remove_file(temporary).unwrap_or_default();
            under_way().retain(|known| known != temporary);
        }
    }
}

/// Puts a file in place.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = NewFile::create(path)?;
    new.file.write_all(content)?;
    new.put_in_place()
}

/// Puts a file in place that only its owner may read.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut new = NewFile::private(path)?;
    new.file.write_all(content)?;
    new.put_in_place()
}

/// Takes away what is half written when the process is interrupted or told to end.
pub(crate) fn remove_when_stopped() {
    let watch = |mut signals: Signals| {
        Builder::new().name("px-signals".to_owned()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                for file in under_way().iter() {
                    fs::remove_file(file).unwrap_or_default();
                }
                emulate_default_handler(signal).unwrap_or_default();
            }
        })
    };
    if let Err(error) = Signals::new([SIGINT, SIGTERM]).and_then(watch) {
        tracing::info!(%error, "signals cannot be waited for");
    }
}

fn under_way() -> MutexGuard<'static, Vec<PathBuf>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let name = |entry: io::Result<fs::DirEntry>| entry.unwrap().file_name();
        let mut names: Vec<String> = entries
            .map(|entry| name(entry).to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_that_is_given_up_leaves_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows");
        fs::write(&path, "old").unwrap();
        let new = NewFile::create(&path).unwrap();
        new.handle().unwrap().write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 2);
        drop(new);
        assert_eq!(names(folder.path()), ["rows"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    }

    #[test]
    fn a_file_that_is_whole_takes_its_place_with_the_same_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("rows"), folder.path().join("link"));
        write(&path, b"old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink("rows", &link).unwrap();
        write(&link, b"new").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert!(link.symlink_metadata().unwrap().is_symlink());
        write_private(&path, b"secret").unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(names(folder.path()), ["link", "rows"]);
    }

    #[test]
    fn what_is_no_file_is_written_to_as_it_is_or_refused() {
        write(Path::new("/dev/null"), b"rows").unwrap();
        let folder = tempfile::tempdir().unwrap();
        assert!(write(folder.path(), b"rows").is_err());
        assert!(write(&folder.path().join("none/rows"), b"rows").is_err());
        assert!(write(Path::new(""), b"rows").is_err());
        assert_eq!(names(folder.path()).len(), 0);
    }
}
