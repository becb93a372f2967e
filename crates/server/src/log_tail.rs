//! The last lines of the log, for clients that ask for them.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// LIMIT: bytes of the log that are kept; the oldest go first.
const BYTES_MAX: usize = 256 * 1024;

/// Keeps the end of what was logged.
#[derive(Debug, Default)]
pub struct LogTail(Mutex<VecDeque<u8>>);

impl LogTail {
    /// Returns an empty log.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(VecDeque::new()))
    }

    /// Adds what is logged.
    pub fn push(&self, bytes: &[u8]) {
        let mut tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tail.extend(&bytes[bytes.len().saturating_sub(BYTES_MAX)..]);
        let surplus = tail.len().saturating_sub(BYTES_MAX);
        tail.drain(..surplus);
    }

    /// Returns the log as far as it is kept, from the first whole line on.
    #[must_use]
    pub fn text(&self) -> String {
        let tail = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = tail.iter().copied().collect();
        let from = if bytes.len() < BYTES_MAX {
            0
        } else {
            bytes
                .iter()
                .position(|&byte| byte == b'\n')
                .map_or(0, |at| at + 1)
        };
        String::from_utf8_lossy(&bytes[from..]).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_lines_are_kept() {
        let log = LogTail::new();
        log.push(b"first\n");
        assert_eq!(log.text(), "first\n");
        for number in 0..100_000 {
            log.push(format!("line {number}\n").as_bytes());
        }
        let text = log.text();
        assert!(
            text.len() <= BYTES_MAX && text.starts_with("line "),
            "{}",
            text.len()
        );
        assert!(text.ends_with("line 99999\n"));
        log.push(&vec![b'x'; 2 * BYTES_MAX]);
        assert_eq!(log.text().len(), BYTES_MAX);
    }
}
