//! Samples of stacks.

mod pprof;
mod profile;
mod protobuf;

use crate::function::Function;

/// The functions of this family.
pub(crate) const FUNCTIONS: &[&Function] = &[&pprof::PPROF];
