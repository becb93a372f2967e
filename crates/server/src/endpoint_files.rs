//! Writes the files by which `px run` finds the agent, and removes them at its end.

use crate::ServerError;
use crate::private_file::replace;
use crate::random::{RANDOM_SOURCE, random_bytes};
use nixie_api::{Endpoint, Token};
use rustix::process::geteuid;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder};
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The files of a running agent; removed when dropped.
#[derive(Debug)]
pub(crate) struct EndpointFiles {
    folder: PathBuf,
    endpoint: Endpoint,
}

impl EndpointFiles {
    /// Writes the files for an agent that already listens; what a killed agent left behind is
    /// overwritten.
    pub(crate) fn write(folder: &Path, address: SocketAddr) -> Result<(Self, Token), ServerError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| ServerError::EndpointFile { path, source }
        };
        make_folder(folder)?;
        let token = new_token().map_err(failed(Path::new(RANDOM_SOURCE)))?;
        let token_file = folder.join(Endpoint::token_file_of_port(address.port()));
        let endpoint = Endpoint {
            address: on_this_machine(address),
            token_file,
            pid: std::process::id(),
        };
        let files = Self {
            folder: folder.to_owned(),
            endpoint,
        };
        let token_file = &files.endpoint.token_file;
        replace(token_file, token.text().as_bytes()).map_err(failed(token_file))?;
        let text = format!(
            "{{\"address\":\"{}\",\"token_file\":{},\"pid\":{}}}\n",
            files.endpoint.address,
            serde_json::Value::from(token_file.to_string_lossy()),
            files.endpoint.pid
        );
        for file in files.descriptions() {
            replace(&file, text.as_bytes()).map_err(failed(&file))?;
        }
        Ok((files, token))
    }

    fn descriptions(&self) -> [PathBuf; 2] {
        let of_port = Endpoint::file_of_port(self.endpoint.address.port());
        [
            self.folder.join(of_port),
            self.folder.join(Endpoint::LATEST),
        ]
    }
}

impl Drop for EndpointFiles {
    fn drop(&mut self) {
        // Another agent may have become the latest one: its file stays.
        let own = |file: &PathBuf| Endpoint::read(file).is_ok_and(|read| read == self.endpoint);
        for file in self.descriptions().into_iter().filter(own) {
            remove(&file);
        }
        remove(&self.endpoint.token_file);
    }
}

/// Returns where programs of this machine find an agent that listens on all addresses.
fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        own => own,
    };
    SocketAddr::new(loopback, address.port())
}

fn remove(file: &Path) {
    if let Err(error) = fs::remove_file(file)
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::warn!(file = %file.display(), %error, "endpoint file could not be removed");
    }
}

/// Makes the folder, for its owner only, or checks that the existing one is ours.
fn make_folder(folder: &Path) -> Result<(), ServerError> {
    let failed = |source| ServerError::EndpointFile {
        path: folder.to_owned(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(failed)?;
    let owner = fs::metadata(folder).map_err(failed)?.uid();
    if owner == geteuid().as_raw() {
        Ok(())
    } else {
        Err(ServerError::ForeignFolder(folder.to_owned()))
    }
}

fn new_token() -> io::Result<Token> {
    let random: [u8; TOKEN_BYTES] = random_bytes()?;
    let mut text = String::with_capacity(2 * TOKEN_BYTES);
    for byte in random {
        // Writing to a string cannot fail.
        write!(text, "{byte:02x}").map_err(io::Error::other)?;
    }
    Ok(Token::new(text))
}

const TOKEN_BYTES: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;

    fn address(port: u16) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], port))
    }

    #[test]
    fn the_token_is_secret_and_found_by_the_endpoint() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("nixie");
        let (files, token) = EndpointFiles::write(&folder, address(4747)).unwrap();
        let endpoint = Endpoint::read(&folder.join("endpoint.json")).unwrap();
        assert_eq!(endpoint, Endpoint::read(&folder.join("4747.json")).unwrap());
        assert_eq!(endpoint.address, address(4747));
        assert_eq!(endpoint.token().unwrap(), token);
        assert_eq!(token.text().len(), 64);
        assert_eq!(
            fs::metadata(&endpoint.token_file).unwrap().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::metadata(&folder).unwrap().mode() & 0o777, 0o700);
        drop(files);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }

    #[test]
    fn the_end_of_one_agent_leaves_the_files_of_a_later_one() {
        let folder = tempfile::tempdir().unwrap();
        let (first, _) = EndpointFiles::write(folder.path(), address(1)).unwrap();
        let (_second, token) = EndpointFiles::write(folder.path(), address(2)).unwrap();
        drop(first);
        let endpoint = Endpoint::read(&folder.path().join("endpoint.json")).unwrap();
        assert_eq!(
            (endpoint.address, endpoint.token().unwrap()),
            (address(2), token)
        );
    }

    #[test]
    fn files_of_a_killed_agent_are_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["9.token", "9.json", "endpoint.json"] {
            fs::write(folder.path().join(file), "old").unwrap();
        }
        let (_files, token) = EndpointFiles::write(folder.path(), address(9)).unwrap();
        let endpoint = Endpoint::read(&folder.path().join("endpoint.json")).unwrap();
        assert_eq!(endpoint.token().unwrap(), token);
        assert_eq!(
            fs::metadata(folder.path().join("9.token")).unwrap().mode() & 0o777,
            0o600
        );
    }
}
