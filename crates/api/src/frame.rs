//! The frames that a response consists of.

use crate::ApiError;
use std::io::Read;

/// LIMIT: bytes of a frame's payload. Writers cut rows into pieces far below it; only a single
/// row may come close.
pub const FRAME_BYTES_MAX: usize = 64 * 1024 * 1024;

const HEADER_BYTES: usize = 5;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// JSON [`crate::TableHeader`].
    Table = 1,
    /// The next bytes of a table's Arrow IPC stream.
    Rows = 2,
    /// JSON [`crate::TableEnd`].
    TableEnd = 3,
    /// JSON [`crate::ErrorReport`]; the last frame.
    Error = 4,
    /// JSON [`crate::End`]; the last frame.
    End = 5,
    /// JSON [`crate::ExportReport`].
    Export = 6,
}

impl FrameKind {
    const ALL: [Self; 6] = [
        Self::Table,
        Self::Rows,
        Self::TableEnd,
        Self::Error,
        Self::End,
        Self::Export,
    ];

    /// Returns the kind of that number.
    #[must_use]
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == code)
    }
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What the payload is.
    pub kind: FrameKind,
    /// The bytes.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Returns the bytes of a frame.
    ///
    /// # Errors
    ///
    /// When the payload exceeds [`FRAME_BYTES_MAX`].
    pub fn encode(kind: FrameKind, payload: &[u8]) -> Result<Vec<u8>, ApiError> {
        let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
        check_length(length)?;
        let mut bytes = Vec::with_capacity(HEADER_BYTES + payload.len());
        bytes.push(kind as u8);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(payload);
        Ok(bytes)
    }

    /// Reads a frame, or nothing where the input ends between frames.
    ///
    /// # Errors
    ///
    /// When the input ends within a frame, or is no frame.
    pub fn read(input: &mut impl Read) -> Result<Option<Self>, ApiError> {
        let mut header = [0; HEADER_BYTES];
        let read = read_up_to(input, &mut header)?;
        if read == 0 {
            return Ok(None);
        }
        let [code, length @ ..] = header;
        let Some(kind) = FrameKind::from_code(code) else {
            return Err(ApiError::Malformed(format!("frame of unknown kind {code}")));
        };
        if read < HEADER_BYTES {
            return Err(ApiError::Truncated("within a frame"));
        }
        let length = check_length(u32::from_be_bytes(length))?;
        // The length is only a claim: memory grows with the bytes that really come.
        let mut payload = Vec::new();
        input.take(length as u64).read_to_end(&mut payload)?;
        if payload.len() < length {
            return Err(ApiError::Truncated("within a frame"));
        }
        Ok(Some(Self { kind, payload }))
    }
}

fn check_length(length: u32) -> Result<usize, ApiError> {
    match usize::try_from(length) {
        Ok(length) if length <= FRAME_BYTES_MAX => Ok(length),
        other => Err(ApiError::FrameTooLarge {
            seen_bytes: other.unwrap_or(usize::MAX),
            limit_bytes: FRAME_BYTES_MAX,
        }),
    }
}

/// Fills as much of the buffer as the input has.
fn read_up_to(input: &mut impl Read, buffer: &mut [u8]) -> Result<usize, ApiError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match input.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_read_as_they_were_written() {
        let mut bytes = Frame::encode(FrameKind::Table, b"{}").unwrap();
        bytes.extend(Frame::encode(FrameKind::End, b"").unwrap());
        let mut input = bytes.as_slice();
        let first = Frame::read(&mut input).unwrap().unwrap();
        assert_eq!(
            first,
            Frame {
                kind: FrameKind::Table,
                payload: b"{}".to_vec()
            }
        );
        assert_eq!(
            Frame::read(&mut input).unwrap().unwrap().kind,
            FrameKind::End
        );
        assert!(Frame::read(&mut input).unwrap().is_none());
    }

    #[test]
    fn every_cut_is_noticed() {
        let bytes = Frame::encode(FrameKind::Rows, b"payload").unwrap();
        for end in 1..bytes.len() {
            let error = Frame::read(&mut &bytes[..end]).unwrap_err().to_string();
            assert!(
                error.starts_with("response was cut off within a frame"),
                "{end}: {error}"
            );
        }
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_reading() {
        let error = Frame::read(&mut [1, 0xff, 0xff, 0xff, 0xff].as_slice()).unwrap_err();
        assert!(
            error
                .to_string()
                .contains("exceeds the limit of 67108864 bytes"),
            "{error}"
        );
    }

    #[test]
    fn an_unknown_kind_is_named() {
        let error = Frame::read(&mut b"HTTP/1.1".as_slice())
            .unwrap_err()
            .to_string();
        assert!(error.contains("frame of unknown kind 72"), "{error}");
    }
}
