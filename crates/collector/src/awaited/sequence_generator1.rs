//! `sequence_generator1`: a second made-up sequence, for tests of the data path.

use super::number;
use crate::sources::TIME;
use nixie_types::TableSpec;

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "sequence_generator1",
    description: "A second made-up sequence, for tests.",
    columns: &[
        TIME,
        number("x", "The number of the row."),
        number("xmod8", "The rest of `x` divided by eight."),
    ],
};
