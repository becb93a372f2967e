//! Scalar and aggregate functions over Arrow arrays, each with its documentation.

use nixie_metadata::Metadata;
use std::sync::Arc;

/// All functions, bound to what they may look up.
#[derive(Debug)]
pub struct Registry {
    #[allow(dead_code, reason = "metadata functions come next")]
    metadata: Arc<Metadata>,
}

impl Registry {
    /// Returns all functions, bound to the processes known to `metadata`.
    #[must_use]
    pub fn new(metadata: Arc<Metadata>) -> Self {
        Self { metadata }
    }
}
