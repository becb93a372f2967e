//! Uniform resource identifiers, by RFC 3986.

mod uri_parse;
mod uri_recompose;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[&uri_parse::URI_PARSE, &uri_recompose::URI_RECOMPOSE];
