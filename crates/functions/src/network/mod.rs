//! Addresses and names.

mod names;
mod nslookup;

use crate::function::Function;

pub(crate) use names::Names;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[&nslookup::NSLOOKUP];
