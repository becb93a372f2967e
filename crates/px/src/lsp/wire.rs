//! Messages of the protocol on two streams, each behind a header that tells its length.
//!
//! A body that is no message is answered with an error, and the next one is read. A header that
//! cannot be read is the end: nobody knows where the next message begins.

use lsp_server::{ErrorCode, Message};
use serde_json::{Value, json};
use std::io::{self, BufRead, Read, Write};

/// LIMIT: bytes of one line of a header.
const HEADER_BYTES_MAX: u64 = 1024;

/// LIMIT: bytes of a message; an editor sends whole documents.
const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// The two ways between the editor and the server.
pub(super) struct Wire<R, W> {
    input: R,
    output: W,
}

impl<R: BufRead, W: Write> Wire<R, W> {
    pub(super) const fn new(input: R, output: W) -> Self {
        Self { input, output }
    }

    /// Returns the next message; nothing at the end of the input.
    pub(super) fn receive(&mut self) -> io::Result<Option<Message>> {
        while let Some(body) = self.body()? {
            match message(&body) {
                Ok(message) => return Ok(Some(message)),
                Err(answer) => self.write(&answer.to_string())?,
            }
        }
        Ok(None)
    }

    pub(super) fn send(&mut self, message: &Message) -> io::Result<()> {
        message.write(&mut self.output)
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        write!(self.output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
        self.output.flush()
    }

    fn body(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(length) = self.length()? else {
            return Ok(None);
        };
        let mut body = Vec::new();
        self.input.by_ref().take(length).read_to_end(&mut body)?;
        match body.len() as u64 == length {
            true => Ok(Some(body)),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// Reads a header; returns the length that it tells, or nothing at the end of the input.
    fn length(&mut self) -> io::Result<Option<u64>> {
        let mut length = None;
        loop {
            let mut line = Vec::new();
            let mut input = self.input.by_ref().take(HEADER_BYTES_MAX);
            input.read_until(b'\n', &mut line)?;
            if line.is_empty() {
                return Ok(None);
            }
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("Content-Length")
            {
                length = value.trim().parse().ok();
            }
        }
        let length = length.filter(|length| *length <= BODY_BYTES_MAX);
        let length = length.ok_or_else(|| {
            let text = format!("a message needs `Content-Length`, at most {BODY_BYTES_MAX}");
            io::Error::new(io::ErrorKind::InvalidData, text)
        });
        length.map(Some)
    }
}

/// Returns the message in a body, or what to answer when there is none.
fn message(body: &[u8]) -> Result<Message, Value> {
    let answer = |code: ErrorCode, error: &serde_json::Error| {
        let (code, message) = (code as i32, error.to_string());
        let error = json!({"code": code, "message": message});
        json!({"jsonrpc": "2.0", "id": null, "error": error})
    };
    let value: Value =
        serde_json::from_slice(body).map_err(|error| answer(ErrorCode::ParseError, &error))?;
    serde_json::from_value(value).map_err(|error| answer(ErrorCode::InvalidRequest, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(body: &str) -> String {
        format!(
            "Content-Type: x\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    #[test]
    fn what_is_no_message_is_answered_and_the_next_one_read() {
        let input = [
            "{\"jsonrpc\": ",
            "[]",
            r#"{"jsonrpc":"2.0","method":"initialized"}"#,
        ]
        .map(framed)
        .concat();
        let mut output = Vec::new();
        let mut wire = Wire::new(input.as_bytes(), &mut output);
        let Some(Message::Notification(read)) = wire.receive().unwrap() else {
            panic!("there is a notification");
        };
        assert_eq!(read.method, "initialized");
        assert!(wire.receive().unwrap().is_none());
        let output = String::from_utf8(output).unwrap();
        for expected in ["\"code\":-32700", "\"code\":-32600", "\"id\":null"] {
            assert!(output.contains(expected), "{expected}: {output}");
        }
    }

    #[test]
    fn what_has_no_length_is_the_end() {
        for (input, expected) in [
            ("{}\r\n\r\n", "needs `Content-Length`"),
            (
                "Content-Length: 99999999999\r\n\r\n",
                "needs `Content-Length`",
            ),
            ("Content-Length: 5\r\n\r\n{}", "unexpected end of file"),
        ] {
            let error = Wire::new(input.as_bytes(), io::sink())
                .receive()
                .unwrap_err();
            assert!(error.to_string().contains(expected), "{input}: {error}");
        }
    }
}
