//! JSON text: strict RFC 8259 in, compact out.
//!
//! Reading streams over the text and keeps only what is asked for. Of equal keys the first counts.

mod pluck;
mod pluck_array;
mod pluck_float64;
mod pluck_int64;
mod read;
mod script_reference;
mod split;
mod write;
mod zeros;

use crate::function::Function;

pub(crate) use write::{write_float, write_text};

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &pluck::PLUCK,
    &pluck_int64::PLUCK_INT64,
    &pluck_float64::PLUCK_FLOAT64,
    &pluck_array::PLUCK_ARRAY,
    &split::SPLIT,
    &script_reference::SCRIPT_REFERENCE,
];
