//! What a dialect finds in a statement.

use std::ops::Range;

/// A piece of a statement that becomes a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fragment {
    pub(super) place: Range<usize>,
    pub(super) kind: Kind,
}

/// What a fragment stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The value that it spells.
    Constant,
    /// The value that was passed at this place.
    Parameter(usize),
}
