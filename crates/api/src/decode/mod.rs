//! Reads the frames of a response and checks that they come in order.

use crate::{ApiError, End, ErrorReport, ExportReport, Frame, FrameKind, TableEnd, TableHeader};
use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::ipc::reader::StreamDecoder;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::io::Read;
use std::panic::AssertUnwindSafe;

/// What a response tells next.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A table begins.
    Table(TableHeader),
    /// Rows of the table.
    Rows(RecordBatch),
    /// The table ends.
    TableEnd(TableEnd),
    /// Rows were exported instead of being delivered.
    Export(ExportReport),
    /// The request failed; nothing follows.
    Error(ErrorReport),
    /// All tables have been delivered; nothing follows.
    End(End),
}

/// Reads a response from any input.
pub struct ResponseReader<R> {
    input: R,
    /// Set while a table is being read.
    table: Option<StreamDecoder>,
    ready: VecDeque<Event>,
    ended: bool,
}

impl<R: Read> ResponseReader<R> {
    /// Returns a reader of a response.
    pub const fn new(input: R) -> Self {
        Self {
            input,
            table: None,
            ready: VecDeque::new(),
            ended: false,
        }
    }

    /// Returns what the response tells next, or nothing after its end.
    ///
    /// # Errors
    ///
    /// When the response is cut off or is none. Nothing more can be read then.
    pub fn next_event(&mut self) -> Result<Option<Event>, ApiError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            if let Err(error) = self.read_frame() {
                self.ended = true;
                return Err(error);
            }
        }
    }

    fn read_frame(&mut self) -> Result<(), ApiError> {
        let Some(frame) = Frame::read(&mut self.input)? else {
            return Err(ApiError::Truncated("before its end"));
        };
        let event = match (frame.kind, &mut self.table) {
            (FrameKind::Table, None) => {
                self.table = Some(StreamDecoder::new());
                Event::Table(json(&frame)?)
            }
            (FrameKind::Rows, Some(decoder)) => {
                let batches = decode_rows(decoder, frame.payload)?;
                self.ready.extend(batches.into_iter().map(Event::Rows));
                return Ok(());
            }
            (FrameKind::TableEnd, Some(decoder)) => {
                decoder.finish()?;
                self.table = None;
                Event::TableEnd(json(&frame)?)
            }
            (FrameKind::Export, None) => Event::Export(json(&frame)?),
            (FrameKind::Error, _) => {
                self.ended = true;
                Event::Error(json(&frame)?)
            }
            (FrameKind::End, None) => {
                self.ended = true;
                Event::End(json(&frame)?)
            }
            (kind, table) => {
                let place = if table.is_some() {
                    "within"
                } else {
                    "outside of"
                };
                return Err(ApiError::Malformed(format!(
                    "{kind:?} frame {place} a table"
                )));
            }
        };
        self.ready.push_back(event);
        Ok(())
    }
}

/// Reads the batches that a `Rows` frame completes.
fn decode_rows(
    decoder: &mut StreamDecoder,
    payload: Vec<u8>,
) -> Result<Vec<RecordBatch>, ApiError> {
    let decode = || {
        let mut bytes = Buffer::from_vec(payload);
        let mut batches = Vec::new();
        while !bytes.is_empty() {
            batches.extend(decoder.decode(&mut bytes)?);
        }
        Ok(batches)
    };
    // Arrow asserts some lengths that come from the input. What it leaves behind is not used:
    // the reader has ended after an error.
    std::panic::catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ApiError::Malformed("invalid arrow data".to_owned())))
}

fn json<T: DeserializeOwned>(frame: &Frame) -> Result<T, ApiError> {
    Ok(serde_json::from_slice(&frame.payload)?)
}

#[cfg(test)]
mod tests;
