//! Text. Positions and lengths count bytes.

mod atoi;
mod bytes_to_hex;
mod contains;
mod find;
mod hex_to_ascii;
mod itoa;
mod length;
mod strip_prefix;
mod substring;
mod tolower;
mod toupper;
mod trim;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &atoi::ATOI,
    &bytes_to_hex::BYTES_TO_HEX,
    &contains::CONTAINS,
    &find::FIND,
    &hex_to_ascii::HEX_TO_ASCII,
    &itoa::ITOA,
    &length::LENGTH,
    &strip_prefix::STRIP_PREFIX,
    &substring::SUBSTRING,
    &tolower::TOLOWER,
    &toupper::TOUPPER,
    &trim::TRIM,
];
