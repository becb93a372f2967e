//! SQL statements with their values taken out.
//!
//! Statements are taken apart into tokens, not parsed: what a dialect allows changes with every
//! release, and a statement that a database ran should not fail here.

mod fragments;
mod mysql;
mod normalize;
mod normalize_mysql;
mod normalize_pgsql;
mod postgres;
mod prepared;
mod tokens;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[
    &normalize_mysql::NORMALIZE_MYSQL,
    &normalize_pgsql::NORMALIZE_PGSQL,
];
