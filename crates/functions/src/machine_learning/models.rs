//! Model files, which do not come with the binary.

use std::path::PathBuf;
use tracing::warn;

/// A model that is loaded from a file.
pub(super) struct ModelFile {
    /// What it is for, in messages.
    pub(super) purpose: &'static str,
    /// Environment variable with the path.
    pub(super) variable: &'static str,
    /// The path if the variable is not set.
    pub(super) path: &'static str,
}

/// LIMIT: bytes of a model file.
const MODEL_BYTES_MAX: u64 = 256 << 20;

impl ModelFile {
    /// Returns the loaded model. If there is none, it says so in the log.
    pub(super) fn load<T>(&self, read: impl FnOnce(&[u8]) -> Result<T, String>) -> Option<T> {
        let path = std::env::var_os(self.variable).map_or_else(|| self.path.into(), PathBuf::from);
        let bytes = std::fs::metadata(&path)
            .and_then(|file| match file.len() {
                0..=MODEL_BYTES_MAX => std::fs::read(&path),
                bytes => Err(std::io::Error::other(format!(
                    "the file has {bytes} bytes, at most {MODEL_BYTES_MAX} are expected"
                ))),
            })
            .map_err(|error| error.to_string());
        match bytes.and_then(|bytes| read(&bytes)) {
            Ok(model) => Some(model),
            Err(error) => {
                warn!(
                    "no model for {}: {}: {error}; set {} to the path of one",
                    self.purpose,
                    path.display(),
                    self.variable
                );
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_or_none() {
        let file = |path| ModelFile {
            purpose: "tests",
            variable: "PX_NO_SUCH_MODEL",
            path,
        };
        let length = |bytes: &[u8]| Ok(bytes.len());
        let own = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
        assert!(file(own).load(length).is_some_and(|length| length > 0));
        assert_eq!(file(own).load(|_| Err::<(), _>("damaged".to_owned())), None);
        assert_eq!(file("/no/such/file").load(length), None);
    }
}
