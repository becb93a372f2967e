//! The cases, one file each.

mod api;
pub(crate) mod clients;
mod compile;
mod functions;
pub(crate) mod nginx;
mod parse;
mod scan;

use super::Case;

/// All cases, in the order in which they run.
pub(super) static CASES: &[Case] = &[
    api::CASE,
    nginx::CASE,
    clients::CASE,
    parse::CASE,
    compile::CASE,
    scan::CASE,
    functions::CASE,
];
