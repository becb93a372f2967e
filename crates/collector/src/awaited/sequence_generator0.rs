//! `sequence_generator0`: a made-up sequence, for tests of the data path.

use super::number;
use crate::sources::TIME;
use nixie_types::{ColumnSpec, DataType, PatternType, TableSpec};

/// See the module.
pub(super) static TABLE: TableSpec = TableSpec {
    name: "sequence_generator0",
    description: "A made-up sequence, for tests.",
    columns: &[
        TIME,
        number("x", "The number of the row."),
        number("xmod10", "The last digit of `x`.").pattern(PatternType::GeneralEnum),
        number("xsquared", "The square of `x`."),
        number("fibonnaci", "The Fibonacci number at `x`."),
        ColumnSpec::new("PIx", DataType::Float64, "Pi times `x`."),
    ],
};
