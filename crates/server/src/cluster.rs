//! The one host as the one cluster that clients see.

use crate::ServerError;
use nixie_api::proto::uuidpb;
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;
use tonic::Status;
use uuid::Uuid;

/// Name of the file in the state folder that holds the id.
const ID_FILE: &str = "cluster-id";

/// LIMIT: bytes of the file; a UUID has 36.
const FILE_BYTES_MAX: u64 = 64;

/// Who this agent is to its clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cluster {
    pub(crate) id: Uuid,
    pub(crate) name: String,
}

impl Cluster {
    /// Returns the cluster of a state folder; its id is made once.
    pub(crate) fn open(folder: &Path, name: &str) -> Result<Self, ServerError> {
        let path = folder.join(ID_FILE);
        let failed = |source: io::Error| ServerError::State {
            path: path.clone(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(failed)?;
        let mut open = OpenOptions::new();
        open.read(true).append(true).create(true).mode(0o600);
        let mut file = open.open(&path).map_err(failed)?;
        let mut text = String::new();
        (&mut file)
            .take(FILE_BYTES_MAX)
            .read_to_string(&mut text)
            .map_err(failed)?;
        let id = if text.is_empty() {
            let id = Uuid::new_v4();
            file.write_all(format!("{id}\n").as_bytes())
                .map_err(failed)?;
            id
        } else {
            Uuid::parse_str(text.trim())
                .map_err(|error| failed(io::Error::new(io::ErrorKind::InvalidData, error)))?
        };
        Ok(Self {
            id,
            name: name.to_owned(),
        })
    }

    /// Refuses requests for another cluster.
    pub(crate) fn check(&self, asked: Uuid) -> Result<(), Status> {
        if asked == self.id {
            return Ok(());
        }
        Err(Status::not_found(format!(
            "cluster `{asked}` is not known here; this agent is cluster `{}`",
            self.id
        )))
    }

    /// Does so for one that is named in text. What is no UUID comes from clients that talk to one
    /// agent only, and name its cluster as they like.
    pub(crate) fn check_named(&self, asked: &str) -> Result<(), Status> {
        Uuid::parse_str(asked).map_or(Ok(()), |asked| self.check(asked))
    }
}

/// Returns a UUID as the API has it.
pub(crate) const fn to_proto(id: Uuid) -> uuidpb::Uuid {
    let (high_bits, low_bits) = id.as_u64_pair();
    uuidpb::Uuid {
        high_bits,
        low_bits,
    }
}

/// Returns a UUID of the API.
pub(crate) const fn from_proto(id: uuidpb::Uuid) -> Uuid {
    Uuid::from_u64_pair(id.high_bits, id.low_bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_outlives_the_agent() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        let first = Cluster::open(&state, "host").unwrap();
        assert_eq!(Cluster::open(&state, "host").unwrap(), first);
        assert_eq!(from_proto(to_proto(first.id)), first.id);
        std::fs::write(state.join(ID_FILE), "no uuid").unwrap();
        let error = Cluster::open(&state, "host").unwrap_err().to_string();
        assert!(error.contains("cluster-id"), "{error}");
    }

    #[test]
    fn halves_are_big_endian() {
        let id = Uuid::parse_str("00112233-4455-6677-8899-aabbccddeeff").unwrap();
        let want = uuidpb::Uuid {
            high_bits: 0x0011_2233_4455_6677,
            low_bits: 0x8899_aabb_ccdd_eeff,
        };
        assert_eq!(to_proto(id), want);
    }
}
