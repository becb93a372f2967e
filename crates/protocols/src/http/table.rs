//! The table `http_events`: columns, and how an exchange becomes a row.

use super::encoding;
use super::message::{Media, Message};
use super::stitch::Record;
use crate::conn::{self, LATENCY};
use crate::{Counters, text};
use nixie_types::{
    ColumnSpec, ConnInfo, DataType, PatternType, Role, Rows, SemanticType, TableSpec,
};
use std::borrow::Cow;

/// One row an HTTP exchange.
pub static HTTP_EVENTS: TableSpec = TableSpec {
    name: "http_events",
    description: "HTTP requests with their responses.",
    columns: &conn::columns::<14, 22>([
        number("major_version", "Major version: 1 or 2."),
        number("minor_version", "Minor version of the response, else of the request."),
        number("content_type", "Family of the response's content type: 1 JSON, 2 gRPC, 0 other."),
        structured("req_headers", "Request headers as a JSON object.").dictionary(),
        ColumnSpec::new("req_method", DataType::String, "Request method.")
            .semantic(SemanticType::HttpReqMethod)
            .pattern(PatternType::GeneralEnum)
            .dictionary(),
        structured("req_path", "Request path with its query.").dictionary(),
        structured("req_body", "Start of the request body, decoded."),
        size("req_body_size", "Bytes of the request body on the wire, without chunk framing."),
        structured("resp_headers", "Response headers as a JSON object.").dictionary(),
        ColumnSpec::new("resp_status", DataType::Int64, "Status code; -1 without response.")
            .semantic(SemanticType::HttpRespStatus)
            .pattern(PatternType::GeneralEnum),
        structured("resp_message", "Reason phrase of the response.")
            .semantic(SemanticType::HttpRespMessage)
            .dictionary(),
        structured("resp_body", "Start of the response body, decoded, if it is text."),
        size("resp_body_size", "Bytes of the response body on the wire, without chunk framing."),
        LATENCY,
    ]),
};

const fn number(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description).pattern(PatternType::GeneralEnum)
}

const fn structured(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::String, description).pattern(PatternType::Structured)
}

const fn size(name: &'static str, description: &'static str) -> ColumnSpec {
    ColumnSpec::new(name, DataType::Int64, description)
        .semantic(SemanticType::Bytes)
        .pattern(PatternType::MetricGauge)
}

/// Writes one exchange.
pub(super) fn append(
    record: &Record,
    conn: &ConnInfo,
    role: Role,
    body_bytes_max: usize,
    rows: &mut Rows,
    counters: &mut Counters,
) {
    let request = &record.request;
    let row = conn::begin(rows, record.time_ns, conn, role)
        .int64(1)
        .int64(record.response.as_ref().unwrap_or(request).minor)
        .int64(i64::from(
            record.response.as_ref().is_some_and(|response| response.media == Media::Json),
        ))
        .string(&request.headers())
        .string(&request.first())
        .string(&request.path())
        .string(&body(request, body_bytes_max, counters))
        .int64(signed(request.body_bytes));
    let Some(response) = &record.response else {
        row.string("-").int64(-1).string("-").string("-").int64(0).int64(0).end();
        return;
    };
    row.string(&response.headers())
        .int64(response.status)
        .string(&response.first())
        .string(&response_body(response, body_bytes_max, counters))
        .int64(signed(response.body_bytes))
        .int64((response.end_ns - request.end_ns).max(0))
        .end();
}

fn response_body<'a>(response: &'a Message, max: usize, counters: &mut Counters) -> Cow<'a, str> {
    match response.media {
        _ if response.body_bytes == 0 => Cow::Borrowed(""),
        Media::Other => Cow::Borrowed("<removed: non-text content-type>"),
        Media::Missing => {
            let body = body(response, max, counters);
            if body.contains([char::REPLACEMENT_CHARACTER, '\0']) {
                Cow::Borrowed("<removed: unknown content-type>")
            } else {
                body
            }
        }
        Media::Form | Media::Json | Media::Text => body(response, max, counters),
    }
}

/// Returns the kept part of a body as text: content codings undone, forms percent-decoded.
fn body<'a>(message: &'a Message, max: usize, counters: &mut Counters) -> Cow<'a, str> {
    let coded = message.codings.iter().any(|&coding| coding != encoding::Coding::Identity);
    let (bytes, cut) = if coded && !message.body().is_empty() {
        match encoding::decode(&message.codings, message.body(), message.body_cut, max) {
            Ok(decoded) => (Cow::Owned(decoded.bytes), decoded.cut),
            Err("unknown") => return Cow::Borrowed("<removed: unknown content-encoding>"),
            Err(coding) => {
                counters.bodies_undecodable += 1;
                return Cow::Owned(format!("<Failed to decode {coding} body>"));
            }
        }
    } else {
        (Cow::Borrowed(message.body()), message.body_cut)
    };
    let bytes = if message.media == Media::Form { percent_decoded(bytes) } else { bytes };
    let text = match bytes {
        Cow::Borrowed(bytes) => text::lossy(bytes, cut),
        Cow::Owned(bytes) => Cow::Owned(text::lossy(&bytes, cut).into_owned()),
    };
    if cut { Cow::Owned(text.into_owned() + text::TRUNCATED) } else { text }
}

/// Undoes percent encoding; a `+` is a space in a form. What is no escape stays as it is.
fn percent_decoded(bytes: Cow<'_, [u8]>) -> Cow<'_, [u8]> {
    if !bytes.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return bytes;
    }
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let escape = (digit(bytes.get(at + 1)), digit(bytes.get(at + 2)));
        match (byte, escape) {
            (b'%', (Some(high), Some(low))) => {
                // INVARIANT: two hexadecimal digits fit a byte.
                #[allow(clippy::cast_possible_truncation, reason = "see INVARIANT")]
                out.push((high * 16 + low) as u8);
                at += 3;
            }
            _ => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    Cow::Owned(out)
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
