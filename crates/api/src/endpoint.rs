//! How `px run` finds a running agent: a file with its address, beside one with its token.
//!
//! ```text
//! DIR/endpoint.json     the agent that was started last
//! DIR/PORT.json         each agent by port
//! DIR/PORT.token        its token, mode 0600
//! ```

use crate::ApiError;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// LIMIT: bytes of an endpoint or token file.
const FILE_BYTES_MAX: u64 = 4096;

/// Where an agent listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Address and port.
    pub address: SocketAddr,
    /// File that holds the token.
    pub token_file: PathBuf,
    /// Process id of the agent.
    pub pid: u32,
}

impl Endpoint {
    /// Name of the file that describes the agent that was started last.
    pub const LATEST: &'static str = "endpoint.json";

    /// Returns the name of the file that describes the agent on a port.
    #[must_use]
    pub fn file_of_port(port: u16) -> String {
        format!("{port}.json")
    }

    /// Returns the name of the file that holds the token of the agent on a port.
    #[must_use]
    pub fn token_file_of_port(port: u16) -> String {
        format!("{port}.token")
    }

    /// Reads the description of an agent.
    ///
    /// # Errors
    ///
    /// When the file is missing or is none.
    pub fn read(file: &Path) -> Result<Self, ApiError> {
        Ok(serde_json::from_str(&read_small(file)?)?)
    }

    /// Reads the token of the agent.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, for example because it belongs to another user.
    pub fn token(&self) -> Result<Token, ApiError> {
        Ok(Token::new(read_small(&self.token_file)?.trim().to_owned()))
    }
}

fn read_small(file: &Path) -> Result<String, ApiError> {
    use std::io::Read;
    let mut text = String::new();
    std::fs::File::open(file)?
        .take(FILE_BYTES_MAX)
        .read_to_string(&mut text)?;
    Ok(text)
}

/// A secret that lets a client in. Its text never shows in messages.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Returns a token of that text.
    #[must_use]
    pub const fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the value of the `Authorization` header.
    #[must_use]
    pub fn header_value(&self) -> String {
        format!("Bearer {}", self.0)
    }

    /// Returns the text, to be written to the token file.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Returns true if an `Authorization` header holds this token. Takes as long for a wrong
    /// token as for the right one of that length.
    #[must_use]
    pub fn allows(&self, header_value: &str) -> bool {
        let Some(seen) = header_value.strip_prefix("Bearer ") else {
            return false;
        };
        let differences = seen
            .bytes()
            .zip(self.0.bytes())
            .fold(0, |found, (seen, own)| found | (seen ^ own));
        seen.len() == self.0.len() && !self.0.is_empty() && std::hint::black_box(differences) == 0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_let_in() {
        let token = Token::new("secret".to_owned());
        assert!(token.allows(&token.header_value()));
        for wrong in [
            "",
            "Bearer ",
            "secret",
            "Bearer secre",
            "Bearer secrets",
            "Bearer Secret",
        ] {
            assert!(!token.allows(wrong), "{wrong}");
        }
        assert!(!Token::new(String::new()).allows("Bearer "));
        assert_eq!(format!("{token:?}"), "Token(..)");
    }
}
