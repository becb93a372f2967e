//! The parser of a connection: feeds heads and bodies to the stitching.

use super::body::{Body, Chunked, Doubtful, Gapped, Step};
use super::detect::request_line_start;
use super::head::{self, Head, Length};
use super::headers::Field;
use super::message::{Media, Message, Method};
use super::stitch::Stitch;
use super::table::{self, HTTP_EVENTS};
use crate::{Counters, Input, Limits, Parsed, Parser, RowSink, Side};
use nixie_types::{ConnInfo, Role};
use std::sync::Arc;

/// Both directions of one HTTP/1 connection.
pub(super) struct Http {
    limits: Arc<Limits>,
    /// The body of the request in progress; the request itself is with the stitching.
    request_body: Option<Body>,
    response_body: Option<Body>,
    response: Option<Message>,
    stitch: Stitch,
    /// Scratch space for splitting heads.
    fields: Vec<Field>,
}

impl Http {
    pub(super) fn new(limits: &Arc<Limits>, mid_stream: bool) -> Self {
        Self {
            limits: Arc::clone(limits),
            request_body: None,
            response_body: None,
            response: None,
            stitch: Stitch::new(limits.records_bytes_max, mid_stream),
            fields: Vec::new(),
        }
    }

    fn parse_request(&mut self, input: Input<'_>, counters: &mut Counters) -> Parsed {
        if let Some(body) = &mut self.request_body {
            let answered = self.stitch.open_request_is_answered();
            let Some(message) = self.stitch.open_request() else {
                self.request_body = None;
                return self.parse_request(input, counters);
            };
            // Refused before its body was asked for: the next request may follow at once.
            let refused = answered && message.expects_continue && body.is_ahead(message);
            let step = match refused.then(|| request_line_start(input.bytes)) {
                Some(None) => Step::NeedMore,
                Some(Some(true)) => Step::End(0),
                _ => body.read(input, message, self.limits.body_bytes_max),
            };
            match step {
                Step::NeedMore => return Parsed::NeedMore,
                Step::Invalid(reason) => return Parsed::Invalid(reason),
                Step::Part(taken) => return Parsed::Part(taken),
                Step::End(taken) => {
                    self.request_body = None;
                    self.stitch.request_finished(input.time_ns, counters);
                    if taken > 0 {
                        return Parsed::Part(taken);
                    }
                }
            }
        }
        let blank = blank_bytes(input.bytes);
        if blank > 0 {
            return Parsed::Part(blank);
        }
        let max = self.limits.body_bytes_max;
        match head::request(input.bytes, input.scanned, max, &mut self.fields, counters) {
            Head::NeedMore => Parsed::NeedMore,
            Head::Invalid(reason) => Parsed::Invalid(reason),
            Head::Done { consumed, mut message, length } => {
                if length == Length::UntilClose {
                    return Parsed::Invalid("request body has no end");
                }
                message.start_ns = input.time_ns;
                message.end_ns = input.time_ns;
                self.stitch.request_started(message, counters);
                self.request_body = match length {
                    Length::Chunked => Some(Body::Chunked(Chunked::Size)),
                    Length::Bytes(bytes) if bytes > 0 => Some(Body::Length(bytes)),
                    _ => None,
                };
                if self.request_body.is_none() {
                    self.stitch.request_finished(input.time_ns, counters);
                }
                Parsed::Frame(consumed)
            }
        }
    }

    fn parse_response(&mut self, input: Input<'_>, counters: &mut Counters) -> Parsed {
        if let (Some(body), Some(message)) = (&mut self.response_body, &mut self.response) {
            // What is not shown need not be kept.
            let max =
                if message.media == Media::Other { 0 } else { self.limits.body_bytes_max };
            match body.read(input, message, max) {
                Step::NeedMore => return Parsed::NeedMore,
                Step::Invalid(reason) => return Parsed::Invalid(reason),
                Step::Part(taken) => {
                    message.end_ns = input.time_ns;
                    return Parsed::Part(taken);
                }
                Step::End(taken) => {
                    if taken > 0 {
                        message.end_ns = input.time_ns;
                    }
                    self.finish_response(counters);
                    if taken > 0 {
                        return Parsed::Part(taken);
                    }
                }
            }
        }
        let blank = blank_bytes(input.bytes);
        if blank > 0 {
            return Parsed::Part(blank);
        }
        let max = self.limits.body_bytes_max;
        match head::response(input.bytes, input.scanned, max, &mut self.fields, counters) {
            Head::NeedMore => Parsed::NeedMore,
            Head::Invalid(reason) => Parsed::Invalid(reason),
            // An interim response answers nothing (RFC 9110 15.2).
            Head::Done { consumed, message, .. }
                if (100..200).contains(&message.status) && message.status != SWITCHING =>
            {
                Parsed::Frame(consumed)
            }
            Head::Done { consumed, message, length } => {
                self.start_response(consumed, message, length, input.time_ns, counters)
            }
        }
    }

    fn start_response(
        &mut self,
        consumed: usize,
        mut message: Message,
        length: Length,
        time_ns: i64,
        counters: &mut Counters,
    ) -> Parsed {
        message.start_ns = time_ns;
        message.end_ns = time_ns;
        let (status, closes) = (message.status, message.closes);
        let method = self.stitch.response_started(time_ns, counters);
        self.response = Some(message);
        let tunnel = method == Some(Method::Connect) && (200..300).contains(&status);
        if tunnel || status == SWITCHING {
            self.finish_response(counters);
            return Parsed::Stop(if tunnel { "tunnel" } else { "upgraded" });
        }
        let bodiless = method == Some(Method::Head) || matches!(status, 204 | 304);
        let known = method.is_some();
        self.response_body = match length {
            _ if bodiless => None,
            Length::Bytes(0) => None,
            Length::Bytes(bytes) if known => Some(Body::Length(bytes)),
            Length::Bytes(bytes) => Some(Body::Doubtful(Doubtful::Length(bytes))),
            Length::Chunked if known => Some(Body::Chunked(Chunked::Size)),
            Length::Chunked => Some(Body::Doubtful(Doubtful::Chunked)),
            Length::UntilClose if known => Some(Body::UntilClose),
            Length::Unsaid if known && closes => Some(Body::UntilClose),
            // Some servers leave out `Content-Length: 0`: then the next response follows.
            Length::UntilClose | Length::Unsaid => Some(Body::Doubtful(Doubtful::UntilClose)),
        };
        if self.response_body.is_none() {
            self.finish_response(counters);
        }
        Parsed::Frame(consumed)
    }

    fn finish_response(&mut self, counters: &mut Counters) {
        self.response_body = None;
        if let Some(mut message) = self.response.take() {
            message.fit();
            self.stitch.response_finished(message, counters);
        }
    }

    /// Ends the message in progress of a side, whose rest was not seen.
    fn truncate(&mut self, side: Side, time_ns: i64, counters: &mut Counters) {
        match side {
            Side::Request => {
                if self.request_body.take().is_some() {
                    counters.messages_truncated += 1;
                    if let Some(message) = self.stitch.open_request() {
                        message.body_cut = true;
                    }
                    self.stitch.request_finished(time_ns, counters);
                }
            }
            Side::Response => {
                if let (Some(_), Some(message)) = (self.response_body, &mut self.response) {
                    counters.messages_truncated += 1;
                    message.body_cut = true;
                    message.end_ns = message.end_ns.max(time_ns);
                    self.finish_response(counters);
                }
            }
        }
    }
}

impl Parser for Http {
    fn parse(&mut self, side: Side, input: Input<'_>, counters: &mut Counters) -> Parsed {
        let parsed = match side {
            Side::Request => self.parse_request(input, counters),
            Side::Response => self.parse_response(input, counters),
        };
        if matches!(parsed, Parsed::Frame(_) | Parsed::Part(_)) {
            self.stitch.touch(input.time_ns);
        }
        parsed
    }

    fn gap(&mut self, side: Side, bytes: u64, time_ns: i64, counters: &mut Counters) -> bool {
        self.stitch.touch(time_ns);
        let gapped = match side {
            Side::Request => match (&mut self.request_body, self.stitch.open_request()) {
                (Some(body), Some(message)) => body.gap(bytes, message),
                _ => Gapped::Lost,
            },
            Side::Response => match (&mut self.response_body, &mut self.response) {
                (Some(body), Some(message)) => {
                    message.end_ns = time_ns;
                    body.gap(bytes, message)
                }
                _ => Gapped::Lost,
            },
        };
        match (gapped, side) {
            (Gapped::Inside, _) => {}
            (Gapped::Ends, Side::Request) => {
                self.request_body = None;
                self.stitch.request_finished(time_ns, counters);
            }
            (Gapped::Ends, Side::Response) => self.finish_response(counters),
            (Gapped::Lost, _) => self.lost(side, time_ns, counters),
        }
        gapped != Gapped::Lost
    }

    fn lost(&mut self, side: Side, time_ns: i64, counters: &mut Counters) {
        self.truncate(side, time_ns, counters);
        self.stitch.touch(time_ns);
        match side {
            Side::Request => self.stitch.request_lost(counters),
            Side::Response => self.stitch.response_lost(counters),
        }
    }

    fn close(&mut self, time_ns: i64, counters: &mut Counters) {
        if matches!(self.response_body, Some(Body::UntilClose | Body::Doubtful(_))) {
            self.finish_response(counters);
        }
        let last_ns = self.response.as_ref().map_or(time_ns, |message| message.end_ns);
        self.truncate(Side::Response, last_ns, counters);
        self.truncate(Side::Request, time_ns, counters);
        self.stitch.close(time_ns, counters);
    }

    fn tick(&mut self, now_ns: i64, counters: &mut Counters) {
        self.stitch.tick(now_ns, self.limits.answer_ns_max, counters);
    }

    fn drain(
        &mut self,
        conn: &ConnInfo,
        role: Role,
        out: &mut dyn RowSink,
        counters: &mut Counters,
    ) {
        let mut records = self.stitch.take_records();
        if !records.is_empty() {
            let rows = out.rows(&HTTP_EVENTS);
            for record in records.drain(..) {
                counters.records += 1;
                table::append(&record, conn, role, self.limits.body_bytes_max, rows, counters);
            }
        }
        self.stitch.reuse(records);
    }

    fn retained_bytes(&self) -> usize {
        size_of::<Self>()
            + self.fields.capacity() * size_of::<Field>()
            + self.response.as_ref().map_or(0, Message::retained_bytes)
            + self.stitch.retained_bytes()
    }
}

/// Empty lines before a message are ignored (RFC 9112 2.2).
fn blank_bytes(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
}

/// Status of a response after which the connection speaks another protocol.
const SWITCHING: i64 = 101;
