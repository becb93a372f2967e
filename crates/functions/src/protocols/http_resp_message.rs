//! `http_resp_message`

use crate::adapter::scalar1;
use crate::function::{Body, Datum, Example, Family, Function, Overload};
use crate::protocols::low_bits;
use crate::semantics::Semantics;
use crate::value::{Int, Str};

/// `http_resp_message`
pub(crate) const HTTP_RESP_MESSAGE: Function = Function {
    name: "http_resp_message",
    family: Family::Protocols,
    doc: "Returns the reason phrase of an HTTP status code, or `Unassigned`.",
    example: Example {
        args: &[Datum::Int(400)],
        result: Datum::Text("Bad Request"),
    },
    semantics: Semantics::None,
    body: Body::Scalar(&[Overload::new(&["status"], &scalar1::<Int, Str, _>(message))]),
};

#[allow(clippy::too_many_lines, reason = "one line for each code")]
fn message(status: i64) -> String {
    let text = match low_bits(status) {
        100 => "Continue",
        101 => "Switching Protocols",
        102 => "Processing",
        103 => "Early Hints",
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        203 => "Non-Authoritative Information",
        204 => "No Content",
        205 => "Reset Content",
        206 => "Partial Content",
        207 => "Multi-Status",
        208 => "Already Reported",
        226 => "IM Used",
        300 => "Multiple Choices",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        305 => "Use Proxy",
        306 => "(Unused)",
        307 => "Temporary Redirect",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        402 => "Payment Required",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        407 => "Proxy Authentication Required",
        408 => "Request Timeout",
        409 => "Conflict",
        410 => "Gone",
        411 => "Length Required",
        412 => "Precondition Failed",
        413 => "Payload Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        416 => "Range Not Satisfiable",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Entity",
        423 => "Locked",
        424 => "Failed Dependency",
        425 => "Too Early",
        426 => "Upgrade Required",
        428 => "Precondition Required",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        451 => "Unavailable For Legal Reasons",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        506 => "Variant Also Negotiates",
        507 => "Insufficient Storage",
        508 => "Loop Detected",
        510 => "Not Extended",
        511 => "Network Authentication Required",
        _ => "Unassigned",
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(message(0), "Unassigned");
        assert_eq!(message(418), "Unassigned");
        assert_eq!(message(306), "(Unused)");
        assert_eq!(message(511), "Network Authentication Required");
        assert_eq!(message(1 << 32 | 200), "OK");
    }
}
