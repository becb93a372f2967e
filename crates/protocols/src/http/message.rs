//! What is kept of one message: a single block of text, and numbers.
//!
//! ```text
//! text:  method or reason | path | headers as JSON | kept body as on the wire
//! ```

use super::encoding::Coding;
use crate::text;
use std::borrow::Cow;

/// A request or a response.
#[derive(Debug, Default)]
pub(super) struct Message {
    text: Vec<u8>,
    first_end: usize,
    path_end: usize,
    head_end: usize,
    /// Status code of a response.
    pub(super) status: i64,
    /// Digit after `HTTP/1.`.
    pub(super) minor: i64,
    /// What the method means for the framing of the response.
    pub(super) method: Method,
    /// Family of the content type.
    pub(super) media: Media,
    /// Codings of the body, outermost last.
    pub(super) codings: [Coding; CODINGS_MAX],
    /// Bytes of the body, without transfer coding; a lower bound when the end was not seen.
    pub(super) body_bytes: u64,
    /// True when the kept part is not the whole body.
    pub(super) body_cut: bool,
    /// True when the client waits for `100 Continue` before the body.
    pub(super) expects_continue: bool,
    /// True when the connection ends with this message, as far as it says.
    pub(super) closes: bool,
    /// Time of the chunk that completes the head.
    pub(super) start_ns: i64,
    /// Time of the last byte.
    pub(super) end_ns: i64,
}

/// Methods that change how long the response is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Method {
    Connect,
    Head,
    #[default]
    Other,
}

/// Families of content types.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/x-www-form-urlencoded`.
    Form,
    Json,
    /// No content type given.
    #[default]
    Missing,
    /// Not text.
    Other,
    Text,
}

/// LIMIT: codings applied to one body; more are not undone.
pub(super) const CODINGS_MAX: usize = 3;

impl Message {
    /// Starts the text. Parts follow in order: [`Self::path`], headers, [`Self::end_head`].
    pub(super) fn new(capacity: usize, first: &[u8], first_max: usize) -> Self {
        let mut message = Self { text: Vec::with_capacity(capacity), ..Self::default() };
        text::push_capped(&mut message.text, first, first_max);
        message.first_end = message.text.len();
        message.path_end = message.first_end;
        message
    }

    pub(super) fn push_path(&mut self, path: &[u8], max: usize) {
        text::push_capped(&mut self.text, path, max);
        self.path_end = self.text.len();
    }

    /// Gives access to the text for writing the headers.
    pub(super) const fn text_mut(&mut self) -> &mut Vec<u8> {
        &mut self.text
    }

    pub(super) const fn end_head(&mut self) {
        self.head_end = self.text.len();
    }

    /// Takes bytes of the body; keeps no more than `max` in all.
    pub(super) fn push_body(&mut self, bytes: &[u8], max: usize) {
        self.body_bytes += bytes.len() as u64;
        if self.body_cut || bytes.is_empty() {
            return;
        }
        let room = max - self.body().len().min(max);
        let kept = &bytes[..bytes.len().min(room)];
        if self.text.capacity() - self.text.len() < kept.len() {
            self.reserve(kept.len());
        }
        self.text.extend_from_slice(kept);
        self.body_cut = bytes.len() > room;
    }

    /// Makes room by doubling, so that the memory of a message, and what its limit decides, does not
    /// depend on how its bytes were cut.
    fn reserve(&mut self, more: usize) {
        let needed = self.text.len() + more;
        let mut capacity = self.text.capacity().max(1);
        while capacity < needed {
            capacity *= 2;
        }
        self.text.reserve_exact(capacity - self.text.len());
    }

    /// Counts bytes of the body that were not seen. What follows them is not kept.
    pub(super) const fn skip_body(&mut self, bytes: u64) {
        self.body_bytes = self.body_bytes.saturating_add(bytes);
        self.body_cut |= bytes > 0;
    }

    /// Returns the method of a request or the reason of a response.
    pub(super) fn first(&self) -> Cow<'_, str> {
        text::lossy(&self.text[..self.first_end], false)
    }

    pub(super) fn path(&self) -> Cow<'_, str> {
        text::lossy(&self.text[self.first_end..self.path_end], false)
    }

    pub(super) fn headers(&self) -> Cow<'_, str> {
        text::lossy(&self.text[self.path_end..self.head_end], false)
    }

    /// Returns the kept part of the body.
    pub(super) fn body(&self) -> &[u8] {
        &self.text[self.head_end..]
    }

    /// Takes the message, leaving what pairing needs.
    pub(super) fn take(&mut self) -> Self {
        let rest = Self { method: self.method, start_ns: self.start_ns, ..Self::default() };
        std::mem::replace(self, rest)
    }

    /// Drops the text, keeping what pairing needs.
    pub(super) fn forget_text(&mut self) {
        self.text = Vec::new();
        (self.first_end, self.path_end, self.head_end) = (0, 0, 0);
        self.body_cut = true;
    }

    /// Gives back memory that a shorter body than announced did not need.
    pub(super) fn fit(&mut self) {
        if self.text.capacity() > 2 * self.text.len() {
            self.text.shrink_to_fit();
        }
    }

    pub(super) const fn retained_bytes(&self) -> usize {
        self.text.capacity()
    }
}
