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
    /// Rows are not valid Arrow IPC.
    #[error("rows could not be read or written")]
    Arrow(#[from] arrow::error::ArrowError),
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(format!("invalid json, {error}"))
    }
}
