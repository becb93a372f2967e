//! Why a message could not be read or written.

/// Why a response or an endpoint file could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The connection broke, or reading a file failed.
    #[error("reading failed")]
    Io(#[from] std::io::Error),
    /// The other side stopped in the middle.
    #[error("response was cut off {0}; the agent may have been stopped")]
    Truncated(&'static str),
    /// A frame is larger than agreed.
    #[error("frame of {seen_bytes} bytes exceeds the limit of {limit_bytes} bytes")]
    FrameTooLarge {
        /// Length of the frame.
        seen_bytes: usize,
        /// Most bytes that a frame may have.
        limit_bytes: usize,
    },
    /// The bytes are no response of this version.
    #[error("unexpected response: {0}; is this another version of px?")]
    Malformed(String),
    /// A row is larger than a message may be.
    #[error(
        "row of {seen_bytes} bytes exceeds the limit of {limit_bytes} bytes of a message; column \
         `{column}` is the largest: leave it out, or shorten it with `px.substring`"
    )]
    RowTooLarge {
        /// Size of the row.
        seen_bytes: usize,
        /// Most bytes that a row may have.
        limit_bytes: usize,
        /// The largest column of that row.
        column: String,
    },
    /// A column has a type that the API has no form for.
    #[error("column `{column}` is of type {seen}; expected one of {expected}")]
    UnknownType {
        /// Name of the column.
        column: String,
        /// Its Arrow type.
        seen: String,
        /// The Arrow types that there are.
        expected: String,
    },
    /// A vis specification is not as its message is.
    #[error("vis specification cannot be told: {0}")]
    Vis(String),
    /// Rows are not valid Arrow IPC.
    #[error("rows could not be read or written")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(format!("invalid json, {error}"))
    }
}
