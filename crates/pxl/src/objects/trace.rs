//! What a script asks to be traced or changed, as far as it has been put together.

use crate::mutation::Selector;

/// A program without the table that it fills, which `UpsertTracepoint` gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) text: String,
    pub(crate) selectors: Vec<Selector>,
}
